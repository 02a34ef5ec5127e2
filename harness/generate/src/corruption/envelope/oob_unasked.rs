//! exec-oob without the capability.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "oob-unasked",
    layer: Layer::Envelope,
    breaks: "oob-gate",
    statement: "exec-oob needs the capability oob.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, _| command.with_raw_member("execute", b"\"exec-oob\""),
};
