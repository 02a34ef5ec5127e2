//! A byte that no token begins with.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "stray-high-byte",
    layer: Layer::Bytes,
    breaks: "json-error-answered",
    statement: "A byte from 0x7F to 0xFD between tokens is one error.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| {
        let stray = entropy.pick(&[0x7F, 0x80, 0xA0, 0xBF, 0xC0, 0xC3, 0xE4, 0xF0, 0xFD]);
        let mut tokens = command.tokens();
        tokens.insert(1 + entropy.below(tokens.len() - 1), vec![stray]);
        tokens.concat()
    },
};
