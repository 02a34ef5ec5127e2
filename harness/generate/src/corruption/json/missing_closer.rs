//! No closing brace.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "missing-closer",
    layer: Layer::Json,
    breaks: "stream-predicted",
    statement: "A command whose brackets do not balance is not answered.",
    claim: Claim::Unfinished,
    weight: Weight::Light,
    apply: |command, entropy| command.with_mark(b'}', b"", entropy),
};
