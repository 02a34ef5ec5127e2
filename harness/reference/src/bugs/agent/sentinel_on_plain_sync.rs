//! A sentinel stands before replies to guest-sync as well.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sentinel-on-plain-sync",
    rule: "sync-sentinel",
    summary: "a sentinel stands before replies to guest-sync as well",
    dialect: Dialect::Qga,
    hooks: Hooks { sentinel: |due, reply, _| due || reply.is_to("guest-sync"), ..Hooks::NONE },
};
