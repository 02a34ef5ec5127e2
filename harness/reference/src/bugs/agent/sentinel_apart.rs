//! A line end stands between the sentinel and its reply.

use crate::bug::{Bug, Hooks, Line};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "sentinel-apart",
    rule: "sync-sentinel",
    summary: "a line end stands between the sentinel and its reply",
    dialect: Dialect::Qga,
    hooks: Hooks { line: apart, ..Hooks::NONE },
};

fn apart(line: &mut Vec<u8>, what: Line<'_>) {
    if matches!(what, Line::Reply(reply) if reply.is_to("guest-sync-delimited") && !reply.is_error()) {
        line.insert(0, b'\n');
    }
}
