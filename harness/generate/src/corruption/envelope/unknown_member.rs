//! A member that no command has.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "unknown-member",
    layer: Layer::Envelope,
    breaks: "envelope-members",
    statement: "A command has no other members.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, entropy| {
        let names = ["foo", "", "control", "argument", "return", "timestamp", "event", "\u{e9}", "id "];
        command.with(entropy.pick(&names), entropy.pick(&["1", "null", "{}"]))
    },
};
