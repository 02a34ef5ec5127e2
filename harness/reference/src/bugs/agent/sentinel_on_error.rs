//! A sentinel stands before errors of guest-sync-delimited.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sentinel-on-error",
    rule: "sync-sentinel",
    summary: "a sentinel stands before errors of guest-sync-delimited",
    dialect: Dialect::Qga,
    hooks: Hooks {
        sentinel: |due, reply, _| due || (reply.is_to("guest-sync-delimited") && reply.is_error()),
        ..Hooks::NONE
    },
};
