//! A return value has the declared JSON types.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{Rule, Terms};
use crate::verdict::Verdict;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q504",
    slug: "return-type",
    title: "Returns have their declared types",
    requirement: "Every returned value has the JSON type that the schema declares.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    terms: Terms {
        yields_to: &["sync-echo", "one-reply/surplus", "input-framing", "output-framing"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::Type, MismatchKind::Null, MismatchKind::Coercion], out);
}
