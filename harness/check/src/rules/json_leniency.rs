//! a JSON library takes nothing that such libraries mostly take and QEMU refuses

use crate::prediction;
use crate::rule::{Rule, Severity, Terms};

/// The rule. Of a parser that is modelled on QEMU's the same is a breach of [`super::json_error_answered`].
pub static RULE: Rule = Rule {
    id: "Q313",
    slug: "json-leniency",
    title: "What JSON libraries mostly take is refused",
    requirement: "A server that reads with a JSON library of its own refuses, as QEMU does, an object in which a name stands twice, bytes that are not UTF-8, NaN and infinities.",
    source: "RFC 8259, sections 4 and 8.1; QEMU qobject/json-parser.c:parse_pair, parse_string",
    terms: Terms {
        severity: Severity::Warning,
        yields_to: &["input-framing", "json-error-answered"],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
