//! Return values lack a mandatory member.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "return-member-missing",
    rule: "return-required",
    summary: "return values lack a mandatory member",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        returned: |value, call| {
            super::spoil(value, call, &mut |part| part.depth == 0 && super::remove_mandatory(part))
        },
        ..Hooks::NONE
    },
};
