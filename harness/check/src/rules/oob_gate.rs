//! 'exec-oob' without the capability: GenericError.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q207",
    slug: "oob-gate",
    title: "exec-oob needs the capability",
    requirement: "'exec-oob' on a session that has not enabled the capability oob is answered with GenericError; on one that has, it is carried out as any command.",
    source: "QMP specification, Out-of-band execution; QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &["envelope-members", "command-not-found"],
    judge: prediction::judge,
};
