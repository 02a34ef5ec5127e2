//! A fresh connection is greeted twice.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "greeting-twice",
    rule: "greeting-first",
    summary: "a fresh connection is greeted twice",
    dialect: Dialect::Qmp,
    hooks: Hooks { greeting: |greetings| greetings.extend_from_within(..), ..Hooks::NONE },
};
