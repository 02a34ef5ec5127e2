//! A number that begins with its point.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "bare-point",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Digits come before the point.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&[".5", "-.5", "."])),
};
