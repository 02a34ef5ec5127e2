//! A number in groups of digits.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "digit-separator",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A number is digits only.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["1_000", "1K", "10M"])),
};
