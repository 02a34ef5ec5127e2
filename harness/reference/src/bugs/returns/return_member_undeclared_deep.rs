//! Objects within return values have a member that the schema does not declare.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-member-undeclared-deep",
    rule: "return-undeclared",
    summary: "objects within return values have a member that the schema does not declare",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            super::spoil(value, call, &mut |part| part.depth > 0 && super::add_undeclared(part))
        },
        ..Hooks::NONE
    },
};
