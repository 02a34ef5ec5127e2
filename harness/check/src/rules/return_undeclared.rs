//! A return value has no undeclared member.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{Rule, Terms};
use crate::verdict::Verdict;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q503",
    slug: "return-undeclared",
    title: "Returns have no undeclared member",
    requirement: "A returned object has no member that the schema does not declare, at any depth.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    terms: Terms { yields_to: &["one-reply/surplus"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::Undeclared], out);
}
