//! An object without members.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "empty-object",
    layer: Layer::Envelope,
    breaks: "envelope-execute",
    statement: "A command has a verb.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |_, _| b"{}".to_vec(),
};
