//! What a stock monitor may not outlive, and is run last: more errors than its queue has places, with out-of-band
//! execution on, when nothing keeps it from reading on in time (QEMU `monitor/qmp.c:handle_qmp_command`).

use super::{FIRST_INDEX, send};
use crate::stream;
use qmprobe_schema::Schema;
use qmprobe_wire::{Case, CaseId, Start};

/// These cases count from here.
const INDEX: u64 = FIRST_INDEX + (1 << 24);
/// Pairs of errors: the queue has eight places, and is emptied meanwhile.
const PAIRS: usize = 2000;

/// The cases that are run when nothing else is left to do, for a monitor.
pub fn farewells(schema: &Schema, seed: u64) -> Vec<Case> {
    if schema.command("qmp_capabilities").is_none() {
        return Vec::new();
    }
    // Each comma ends a number that is no command, and is an error itself.
    let errors = "1,".repeat(PAIRS);
    let end = r#"{"execute":"query-version","id":"end"}"#;
    let enable = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"go"}"#;
    vec![Case {
        id: CaseId { seed, index: INDEX },
        name: format!("{}: {PAIRS} times two errors of one byte, with out-of-band execution", stream::AIM),
        command: None,
        aim: Some(stream::AIM.to_owned()),
        start: Start::Greeting,
        steps: vec![send(format!("{enable}\n{errors}\n\u{1}\n{end}\n"))],
    }]
}
