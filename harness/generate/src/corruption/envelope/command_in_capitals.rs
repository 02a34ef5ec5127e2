//! A command name with capitals.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "command-in-capitals",
    layer: Layer::Envelope,
    breaks: "command-not-found",
    statement: "Command names are case-sensitive.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, _| {
        let name = String::from_utf8_lossy(command.member("execute")).to_uppercase();
        command.with("execute", name)
    },
};
