//! Of three errors of the JSON layer in a row, the third is not answered.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;
use qmprobe_wire::automaton::Outcome;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "third-json-error-swallowed",
    rule: "stream-predicted",
    summary: "of three errors of the JSON layer in a row, the third is not answered",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        queue: |queue| {
            let mut errors = 0;
            queue.retain(|outcome| {
                errors = if matches!(outcome, Outcome::Error { .. }) { errors + 1 } else { 0 };
                errors != 3
            });
        },
        ..Hooks::NONE
    },
};
