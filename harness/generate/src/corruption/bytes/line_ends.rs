//! Line ends of all sorts between the tokens.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "line-ends",
    layer: Layer::Bytes,
    breaks: "basic-commands",
    statement: "White space between tokens, line ends included, means nothing.",
    claim: Claim::Harmless,
    weight: Weight::Light,
    apply: |command, entropy| {
        let ends: [&[u8]; 5] = [b"\r\n", b"\n", b"\r", b"\n\n", b" \t"];
        let end = entropy.pick(&ends);
        command.tokens().join(end)
    },
};
