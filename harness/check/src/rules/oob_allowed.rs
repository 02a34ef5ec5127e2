//! 'exec-oob' of an in-band command: GenericError.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q208",
    slug: "oob-allowed",
    title: "Only allow-oob commands run out of band",
    requirement: "'exec-oob' of a command that does not allow it is answered with GenericError.",
    source: "QMP specification, Out-of-band execution; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    terms: Terms { dialects: QMP, yields_to: &["json-error-answered/CommandNotFound"], ..Terms::USUAL },
    judge: prediction::judge,
};
