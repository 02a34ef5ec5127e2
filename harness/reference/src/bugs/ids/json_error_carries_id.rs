//! Errors of the JSON layer carry the last id seen.

use crate::bug::{Bug, Check, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "json-error-carries-id",
    rule: "json-error-no-id",
    summary: "errors of the JSON layer carry the last id seen",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        reply: |reply, session| {
            let last_id = session.last_id.clone().filter(|_| reply.failed == Some(Check::Json));
            if let Some(id) = last_id {
                reply.push("id", id);
            }
        },
        ..Hooks::NONE
    },
};
