//! Arguments that are no object.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "arguments-of-another-type",
    layer: Layer::Envelope,
    breaks: "envelope-arguments",
    statement: "Arguments are an object.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, entropy| {
        command.with("arguments", entropy.pick(&["[]", "null", "\"\"", "1", "true", "[{}]", "1.5"]))
    },
};
