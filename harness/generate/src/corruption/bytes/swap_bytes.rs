//! Two neighbouring bytes change places.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "swap-bytes",
    layer: Layer::Bytes,
    breaks: "stream-predicted",
    statement: "Whatever swapped bytes do, the next command after a resynchronisation is answered.",
    claim: Claim::Recoverable,
    weight: Weight::Light,
    apply: |command, entropy| {
        let mut bytes = command.bytes();
        let at = entropy.below(bytes.len() - 1);
        bytes.swap(at, at + 1);
        bytes
    },
};
