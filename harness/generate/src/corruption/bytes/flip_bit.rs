//! One bit is flipped.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "flip-bit",
    layer: Layer::Bytes,
    breaks: "stream-predicted",
    statement: "Whatever a flipped bit does, the next command after a resynchronisation is answered.",
    claim: Claim::Recoverable,
    weight: Weight::Light,
    apply: |command, entropy| {
        let mut bytes = command.bytes();
        let at = entropy.below(bytes.len());
        bytes[at] ^= 1 << entropy.below(8);
        bytes
    },
};
