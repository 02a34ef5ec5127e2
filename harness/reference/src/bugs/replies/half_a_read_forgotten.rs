//! Half a command is thrown away when the bytes that have come are at an end.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

/// A read that fills the buffer is known to go on.
const BUFFER_BYTES: usize = 4096;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "half-a-read-forgotten",
    rule: "input-framing",
    summary: "what comes in one read is taken for whole commands",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        input: |bytes| {
            let whole = bytes.last().is_none_or(|last| *last == b'}' || last.is_ascii_whitespace());
            if !whole && bytes.len() < BUFFER_BYTES {
                bytes.clear();
            }
        },
        ..Hooks::NONE
    },
};
