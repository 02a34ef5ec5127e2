//! A client that closes with a reply unread ends the agent.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "unread-reply-ends-agent",
    rule: "agent-outlives-client",
    summary: "a client that closes with a reply unread ends the agent",
    dialect: Dialect::Qga,
    hooks: Hooks { fragile: true, ..Hooks::NONE },
};
