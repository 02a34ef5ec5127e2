//! One byte comes twice.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "duplicate-byte",
    layer: Layer::Bytes,
    breaks: "stream-predicted",
    statement: "Whatever a doubled byte does, the next command after a resynchronisation is answered.",
    claim: Claim::Recoverable,
    weight: Weight::Light,
    apply: |command, entropy| {
        let mut bytes = command.bytes();
        let at = entropy.below(bytes.len());
        bytes.insert(at, bytes[at]);
        bytes
    },
};
