//! The byte 0xFF is ignored in a text that is nested very deeply.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

/// Brackets in one read from which on the byte is ignored.
const DEEP: usize = 900;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "deep-text-survives-reset",
    rule: "sync-recovers",
    summary: "the byte 0xFF is ignored in a text that is nested very deeply",
    dialect: Dialect::Qga,
    hooks: Hooks {
        input: |bytes| {
            if bytes.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > DEEP {
                bytes.retain(|byte| *byte != 0xFF);
            }
        },
        ..Hooks::NONE
    },
};
