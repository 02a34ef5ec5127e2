//! execute and exec-oob together.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "both-verbs",
    layer: Layer::Envelope,
    breaks: "oob-gate",
    statement: "A command has one verb.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, _| command.with("exec-oob", command.member("execute")),
};
