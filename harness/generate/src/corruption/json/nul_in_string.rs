//! U+0000 in one of its two spellings.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "nul-in-string",
    layer: Layer::Json,
    breaks: "basic-commands",
    statement: "U+0000 may be escaped, or be C0 80.",
    claim: Claim::Harmless,
    weight: Weight::Light,
    apply: |command, entropy| {
        let strings: [&[u8]; 2] = [br#""a\u0000b""#, b"\"\xC0\x80\""];
        command.with_id(entropy.pick(&strings))
    },
};
