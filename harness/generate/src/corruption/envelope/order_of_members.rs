//! The members in another order.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "order-of-members",
    layer: Layer::Envelope,
    breaks: "basic-commands",
    statement: "The order of members means nothing.",
    claim: Claim::Harmless,
    weight: Weight::Light,
    apply: |command, entropy| command.rotated(1 + entropy.below(3)),
};
