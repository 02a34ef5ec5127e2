//! A returned integer is in range.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{BOTH, Rule, Severity};
use crate::verdict::Verdict;
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q506",
    slug: "return-range",
    title: "Returned integers are in range",
    requirement: "A returned integer is in the range of its declared type.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["sync-echo", "return-type"],
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::Range], out);
}
