//! A character of several bytes loses its last.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "split-character",
    layer: Layer::Bytes,
    breaks: "json-error-answered",
    statement: "A string that is no UTF-8 is one error.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        let character = entropy.pick(&["\u{e9}", "\u{4e2d}", "\u{1f600}"]).as_bytes();
        command.with_id([b"\"a", &character[..character.len() - 1], b"\""].concat())
    },
};
