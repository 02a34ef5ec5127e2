//! A return value lacks no mandatory member.

use crate::conform::MismatchKind;
use crate::context::Context;
use crate::returns;
use crate::rule::{BOTH, Rule, Severity};
use crate::verdict::Verdict;
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q502",
    slug: "return-required",
    title: "Returns have every mandatory member",
    requirement: "A returned object has every member that the schema declares as mandatory, at any depth.",
    source: "the peer's own schema; QEMU qapi/qobject-output-visitor.c",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &[],
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    returns::judge(context, rule, &[MismatchKind::Missing], out);
}
