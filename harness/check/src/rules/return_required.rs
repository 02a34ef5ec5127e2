//! A return value lacks no mandatory member.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{Rule, Terms};
use crate::verdict::Verdict;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q502",
    slug: "return-required",
    title: "Returns have every mandatory member",
    requirement: "A returned object has every member that the schema declares as mandatory, at any depth.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    terms: Terms { yields_to: &["one-reply/surplus"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::Missing], out);
}
