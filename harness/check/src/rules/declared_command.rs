//! A declared command is there.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q410",
    slug: "declared-command",
    title: "Declared commands exist",
    requirement: "A command that the schema declares is never answered with CommandNotFound.",
    source: "QMP specification, query-qmp-schema; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    terms: Terms { yields_to: &["negotiation-once"], ..Terms::USUAL },
    judge: prediction::judge,
};
