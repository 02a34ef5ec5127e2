//! Commands that cannot fail do not fail.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q411",
    slug: "basic-commands",
    title: "Basic commands succeed",
    requirement: "query-version, query-commands, query-qmp-schema, query-name, query-status, guest-ping, guest-info and guest-sync succeed where they are declared.",
    source: "QEMU qapi/control.json, qapi/misc.json, qapi/run-state.json, qga/qapi-schema.json",
    terms: Terms {
        yields_to: &[
            "declared-command",
            "sync-reset",
            "negotiation-once",
            "input-framing",
            // A command behind what should have been malformed.
            "json-error-answered/return",
            // What this parser refuses, and another one takes.
            "json-error-answered/CommandNotFound",
            "reply-id-echo/refused",
            // What is left of an earlier command is taken for part of it.
            "arguments-required",
            "one-reply",
            "envelope-object/missing",
        ],
        is_consequence: true,
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
