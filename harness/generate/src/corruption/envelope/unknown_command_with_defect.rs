//! A command that does not exist, in a defective envelope.

use crate::corruption::{Claim, Command, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "unknown-command-with-defect",
    layer: Layer::Envelope,
    breaks: "envelope-order",
    statement: "The envelope is checked before the name.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |_, entropy| {
        let command = Command::new("qmprobe-no-such", None, "1");
        match entropy.coin() {
            true => command.with("arguments", "[]"),
            false => command.with("foo", "1"),
        }
    },
};
