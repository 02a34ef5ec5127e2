//! Whatever is wrong with arguments, the class is GenericError.

use crate::context::Context;
use crate::pairing::Pair;
use crate::prediction;
use crate::rule::{Rule, Terms};
use crate::verdict::{Outcome, Verdict};
use qmprobe_wire::Message;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q413",
    slug: "arguments-refused",
    title: "Bad arguments are GenericError",
    requirement: "A command that is refused for its arguments is answered with an error of class GenericError and no other.",
    source: "QEMU qapi/qobject-input-visitor.c; docs/devel/qapi-code-gen",
    terms: Terms {
        yields_to: &[
            "declared-command",
            "basic-commands",
            "negotiation-once",
            // Who has but one class for errors.
            "json-error-answered/CommandNotFound",
        ],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    prediction::judge(context, rule, out);
    let refused = |pair: &Pair<'_>| {
        pair.expectation.rule.starts_with("arguments-")
            && pair.reply.and_then(Message::error_class) == Some("GenericError")
    };
    if let Some(last) = out.last_mut()
        && matches!(last.outcome, Outcome::Skip(_))
        && context.pairs.iter().any(refused)
    {
        *last = Verdict::pass(rule);
    }
}
