//! A number with a plus sign.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "plus-sign",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A number has no plus sign.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["+1", "+0", "++1"])),
};
