//! qmp_capabilities with bad arguments: GenericError.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q106",
    slug: "negotiation-arguments",
    title: "Bad arguments of qmp_capabilities are refused",
    requirement: "qmp_capabilities with an unknown argument, a wrong type, an unknown capability or one that was not offered is answered with GenericError.",
    source: "QEMU monitor/qmp-cmds.c:qmp_qmp_capabilities, qmp_caps_accept",
    terms: Terms {
        dialects: QMP,
        yields_to: &[
            "arguments-unknown",
            "arguments-type",
            "arguments-enum",
            "arguments-null",
            "arguments-coercion",
            "arguments-refused",
            "greeting-shape",
        ],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
