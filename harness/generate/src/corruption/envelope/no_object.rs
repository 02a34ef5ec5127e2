//! A value that is no object.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "no-object",
    layer: Layer::Envelope,
    breaks: "envelope-object",
    statement: "A command is an object.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |_, entropy| {
        let values = ["null ", "true ", "false ", "12 ", "-1.5e3 ", "\"execute\"", "[]", "[[]]", "0 ", "''"];
        entropy.pick(&values).as_bytes().to_vec()
    },
};
