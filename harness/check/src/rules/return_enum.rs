//! A returned enumeration value is a declared one.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{BOTH, Rule, Severity};
use crate::verdict::Verdict;
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q505",
    slug: "return-enum",
    title: "Returned enumeration values are declared",
    requirement: "A returned string of an enumeration type is one of its declared values.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &[],
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::EnumValue], out);
}
