//! The byte 0xFF from the client is ignored.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sentinel-byte-ignored",
    rule: "sync-reset",
    summary: "the byte 0xFF from the client is ignored",
    dialect: Dialect::Qga,
    hooks: Hooks { input: |bytes| bytes.retain(|byte| *byte != 0xFF), ..Hooks::NONE },
};
