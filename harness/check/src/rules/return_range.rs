//! A returned integer is in range.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{Rule, Terms};
use crate::verdict::Verdict;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q506",
    slug: "return-range",
    title: "Returned integers are in range",
    requirement: "A returned integer is in the range of its declared type.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    terms: Terms { yields_to: &["sync-echo", "return-type", "one-reply/surplus"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::Range], out);
}
