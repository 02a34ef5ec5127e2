//! Neither execute nor exec-oob.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "no-verb",
    layer: Layer::Envelope,
    breaks: "envelope-execute",
    statement: "A command has a verb.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, _| command.without("execute"),
};
