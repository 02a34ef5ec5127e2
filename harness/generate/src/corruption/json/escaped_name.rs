//! A name spelt with escapes.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "escaped-name",
    layer: Layer::Json,
    breaks: "basic-commands",
    statement: "A name spelt with escapes is the same name.",
    claim: Claim::Harmless,
    weight: Weight::Light,
    apply: |command, entropy| {
        let spellings: [&[u8]; 3] = [br#""exec\u0075te""#, br#""\u0065xecute""#, br#""execut\u0065""#];
        let spelling = entropy.pick(&spellings);
        command.with_raw_member("execute", spelling)
    },
};
