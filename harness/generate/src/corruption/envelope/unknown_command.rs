//! A command that does not exist.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "unknown-command",
    layer: Layer::Envelope,
    breaks: "command-not-found",
    statement: "A command that does not exist is not found.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, entropy| {
        let names =
            ["qmprobe-no-such", "", " ", "%s%n", "query_version", "\\u0000", "\\u00e9", "query-version "];
        command.with("execute", format!("\"{}\"", entropy.pick(&names)))
    },
};
