//! Input that is no object: GenericError.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q201",
    slug: "envelope-object",
    title: "A command is a JSON object",
    requirement: "Input that is a JSON value but no object is answered with GenericError and without id.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    terms: Terms {
        yields_to: &["one-reply/surplus", "sync-reset", "json-error-answered/CommandNotFound"],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
