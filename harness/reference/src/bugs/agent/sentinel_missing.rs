//! No sentinel stands before the reply to guest-sync-delimited.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sentinel-missing",
    rule: "sync-sentinel",
    summary: "no sentinel stands before the reply to guest-sync-delimited",
    dialect: Dialect::Qga,
    hooks: Hooks { sentinel: |_, _, _| false, ..Hooks::NONE },
};
