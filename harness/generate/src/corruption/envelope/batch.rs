//! Several commands in an array.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "batch",
    layer: Layer::Envelope,
    breaks: "envelope-object",
    statement: "There are no batches.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, entropy| {
        let one = command.bytes();
        let many = vec![one.as_slice(); 1 + entropy.below(3)];
        [b"[".as_slice(), &many.join(&b','), b"]"].concat()
    },
};
