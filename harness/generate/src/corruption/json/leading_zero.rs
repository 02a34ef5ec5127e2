//! A number with a leading zero.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "leading-zero",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A number has no leading zero.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["01", "-01", "007", "00", "-00.5"])),
};
