//! Malformed input before negotiation: GenericError, as afterwards.

use crate::prediction;
use crate::rule::{QMP, Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q105",
    slug: "negotiation-malformed",
    title: "Malformed input is refused before negotiation too",
    requirement: "Before negotiation, malformed JSON and malformed commands are answered as afterwards, with GenericError, and leave the session where it was.",
    source: "QMP specification, Capabilities Negotiation; QEMU monitor/qmp.c, qapi/qmp-dispatch.c",
    terms: Terms {
        dialects: QMP,
        yields_to: &[
            "envelope-object",
            "envelope-execute",
            "envelope-arguments",
            "envelope-members",
            "envelope-order",
            "oob-gate",
            "json-error-answered",
            "negotiation-per-connection/CommandNotFound",
        ],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
