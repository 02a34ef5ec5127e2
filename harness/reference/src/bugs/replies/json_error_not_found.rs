//! Malformed JSON is answered with CommandNotFound.

use crate::bug::{Bug, Check, Hooks, NOT_FOUND};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "json-error-not-found",
    rule: "json-error-answered",
    summary: "malformed JSON is answered with CommandNotFound",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        upholds: |refusal, _, _| {
            if refusal.check == Check::Json {
                refusal.class = NOT_FOUND;
            }
            true
        },
        ..Hooks::NONE
    },
};
