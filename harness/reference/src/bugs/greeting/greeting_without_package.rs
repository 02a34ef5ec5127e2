//! The version in the greeting lacks its package.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "greeting-without-package",
    rule: "greeting-shape",
    summary: "the version in the greeting lacks its package",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        greeting: |greetings| {
            if let Some(version) = super::version(greetings) {
                version.retain(|(name, _)| name != "package");
            }
        },
        ..Hooks::NONE
    },
};
