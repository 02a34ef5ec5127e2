//! The command ends too early.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "truncate",
    layer: Layer::Bytes,
    breaks: "stream-predicted",
    statement: "A command that is cut off is answered neither before nor after a resynchronisation.",
    claim: Claim::Unfinished,
    weight: Weight::Light,
    apply: |command, entropy| {
        let mut bytes = command.bytes();
        bytes.truncate(1 + entropy.below(bytes.len() - 1));
        bytes
    },
};
