//! Strings in single quotes.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "single-quotes",
    layer: Layer::Json,
    breaks: "basic-commands",
    statement: "QEMU reads strings in single quotes.",
    claim: Claim::Harmless,
    weight: Weight::Light,
    apply: |command, _| {
        let quote = |byte: &u8| if *byte == b'"' { b'\'' } else { *byte };
        command.bytes().iter().map(quote).collect()
    },
};
