//! A returned enumeration value is a declared one.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{Rule, Terms};
use crate::verdict::Verdict;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q505",
    slug: "return-enum",
    title: "Returned enumeration values are declared",
    requirement: "A returned string of an enumeration type is one of its declared values.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    terms: Terms { yields_to: &["one-reply/surplus"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::EnumValue], out);
}
