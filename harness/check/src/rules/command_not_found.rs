//! An unknown command: CommandNotFound.

use crate::prediction;
use crate::rule::{Rule, Terms};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q206",
    slug: "command-not-found",
    title: "Unknown commands are CommandNotFound",
    requirement: "A command that the peer does not declare, its name compared byte for byte, is answered with an error of class CommandNotFound.",
    source: "QMP specification, Errors; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    terms: Terms {
        yields_to: &[
            // What it makes of a string is wrong in all of them.
            "reply-id-echo/changed",
            "reply-id-echo/bytewise",
            "guest-info-agrees",
            "input-framing",
            "reply-id-echo/refused",
            "sync-reset",
            "output-strict-json/DuplicateKey",
        ],
        ..Terms::USUAL
    },
    judge: prediction::judge,
};
