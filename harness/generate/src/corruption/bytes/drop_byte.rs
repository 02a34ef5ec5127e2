//! One byte is lost.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "drop-byte",
    layer: Layer::Bytes,
    breaks: "stream-predicted",
    statement: "Whatever a lost byte does, the next command after a resynchronisation is answered.",
    claim: Claim::Recoverable,
    weight: Weight::Light,
    apply: |command, entropy| {
        let mut bytes = command.bytes();
        bytes.remove(entropy.below(bytes.len()));
        bytes
    },
};
