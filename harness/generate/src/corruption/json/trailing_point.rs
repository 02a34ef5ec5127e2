//! A number that ends with its point.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "trailing-point",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Digits follow the point.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["1.", "-0.", "1.e5"])),
};
