//! Envelope defects come before the unknown command.

use crate::prediction;
use crate::rule::{BOTH, Rule, Severity};
use qmprobe_wire::VersionRange;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q205",
    slug: "envelope-order",
    title: "The envelope is checked before the command",
    requirement: "A malformed envelope around an unknown command is a GenericError, not CommandNotFound.",
    source: "QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    severity: Severity::Violation,
    dialects: BOTH,
    versions: VersionRange::ALL,
    versions_reason: "",
    yields_to: &[
        "envelope-execute",
        "envelope-arguments",
        "envelope-members",
        "command-not-found",
        "oob-gate",
    ],
    judge: prediction::judge,
};
