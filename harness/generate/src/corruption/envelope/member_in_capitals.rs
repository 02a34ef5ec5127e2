//! A member with a capital.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "member-in-capitals",
    layer: Layer::Envelope,
    breaks: "envelope-members",
    statement: "Member names are case-sensitive.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, entropy| command.with(entropy.pick(&["Execute", "ID", "Arguments", "EXECUTE"]), "1"),
};
