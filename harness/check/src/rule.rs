//! What a rule is: one statement of the protocol with its source, and the function that judges it.

use crate::context::Context;
use crate::verdict::Verdict;
use qmprobe_wire::{Dialect, VersionRange};

/// How much a breach weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; never fails a run.
    Info,
    /// Allowed by the letter, but it breaks clients in practice; fails a run only with `--strict`.
    Warning,
    /// The peer breaks its word.
    Violation,
}

impl Severity {
    /// The word used in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Violation => "violation",
        }
    }
}

/// One rule of the catalogue.
#[derive(Debug)]
pub struct Rule {
    /// Short stable code: `Q012` for QMP and both dialects, `G003` for the guest agent, `P001` for the process.
    pub id: &'static str,
    /// The slug: file name and everyday name, `reply-id-echo`.
    pub slug: &'static str,
    /// A title of a few words.
    pub title: &'static str,
    /// The requirement in one sentence.
    pub requirement: &'static str,
    /// Where it is written: specification section, or QEMU file and function.
    pub source: &'static str,
    /// Where it holds, and how much it weighs.
    pub terms: Terms,
    /// Pushes this rule's verdicts on a transcript. Never called outside the dialects and versions of [`Rule::terms`].
    pub judge: fn(&Context<'_>, &'static Rule, &mut Vec<Verdict>),
}

/// Where a rule holds, how much a breach of it weighs, and what explains one.
#[derive(Debug)]
pub struct Terms {
    /// How much a breach weighs.
    pub severity: Severity,
    /// The dialects it speaks about.
    pub dialects: &'static [Dialect],
    /// The peer versions it speaks about, with the reason where it is not all of them.
    pub versions: VersionRange,
    /// Why the version range is what it is; empty for all versions.
    pub versions_reason: &'static str,
    /// What explains a breach of this rule: `RULE`, or `RULE/CLASS` where only that class of breach does. Findings
    /// of this rule wait until the end of the run, and one is dropped when an explaining rule failed in the same
    /// run, selected or not, of the same command, or when either breach names no command. So one defect is
    /// reported once, under its own name. No two rules may explain each other.
    pub yields_to: &'static [&'static str],
    /// What explains a breach of this rule does so whatever command either names: it is what comes of a session in which
    /// something else went wrong.
    pub is_consequence: bool,
}

impl Terms {
    /// A violation in both dialects, whatever the version, that nothing else explains.
    pub const USUAL: Terms = Terms {
        severity: Severity::Violation,
        dialects: BOTH,
        versions: VersionRange::ALL,
        versions_reason: "",
        yields_to: &[],
        is_consequence: false,
    };
}

/// Both dialects.
pub const BOTH: &[Dialect] = &[Dialect::Qmp, Dialect::Qga];
/// QMP only.
pub const QMP: &[Dialect] = &[Dialect::Qmp];
/// The guest agent only.
pub const QGA: &[Dialect] = &[Dialect::Qga];
