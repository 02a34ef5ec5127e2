//! Some memory is lost with every command that is carried out.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::Dialect;

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "keeps-what-it-answered",
    rule: "no-leak",
    summary: "some memory is lost with every command that is carried out",
    dialect: Dialect::Qmp,
    hooks: Hooks { lost_bytes: 1024, ..Hooks::NONE },
};
