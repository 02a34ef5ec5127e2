//! A sentinel stands before the reply after a delimited sync as well.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sentinel-on-next-reply",
    rule: "sync-sentinel",
    summary: "a sentinel stands before the reply after a delimited sync as well",
    dialect: Dialect::Qga,
    hooks: Hooks { sentinel: |due, _, session| due || session.after_sync, ..Hooks::NONE },
};
