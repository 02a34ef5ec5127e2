//! Input that is no object: GenericError.

use crate::context::Context;
use crate::prediction;
use crate::rule::{Rule, Terms};
use crate::silences::silences;
use crate::verdict::{Verdict, conclude};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q201",
    slug: "envelope-object",
    title: "A command is a JSON object",
    requirement: "Input that is a JSON value but no object is answered with GenericError and without id.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    terms: Terms {
        yields_to: &["one-reply", "sync-reset", "json-error-answered/CommandNotFound"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let silences = silences(context, |pair| pair.expectation.rule == rule.slug);
    if silences.is_empty() {
        prediction::judge(context, rule, out)
    } else {
        conclude(rule, silences, true, "", out)
    }
}
