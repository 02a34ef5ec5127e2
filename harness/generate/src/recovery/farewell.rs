//! A client that closes with a reply unread, and the next one. A stock agent is gone then, so this comes last.

use super::{FIRST_INDEX, mix};
use qmprobe_wire::{Case, CaseId, Payload, Start, Step, Sync, request};

/// Milliseconds in which the reply comes, and in which the agent notices that nobody reads it.
const UNREAD_MS: u64 = 100;
/// These cases count from here.
const INDEX: u64 = FIRST_INDEX + (1 << 24);

/// The cases that are run when nothing else is left to do.
pub fn farewells(seed: u64) -> Vec<Case> {
    let mut ping = request::execute("guest-ping", None, None);
    ping.push(b'\n');
    let token = (1 << 60) + (mix(seed, INDEX) >> 8) as i64;
    vec![Case {
        id: CaseId { seed, index: INDEX },
        name: "agent-outlives-client: a reply unread at the end".to_owned(),
        command: None,
        aim: Some("agent-outlives-client".to_owned()),
        start: Start::Greeting,
        steps: vec![
            Step::Push(ping),
            Step::Abandon(UNREAD_MS),
            Step::Sync(Sync { before: Payload::default(), token, faults: Vec::new() }),
        ],
    }]
}
