//! An exponent without digits.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "empty-exponent",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Digits follow the mark of an exponent.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["1e", "1E+", "1.5e-"])),
};
