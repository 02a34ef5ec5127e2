//! A hexadecimal number.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "hexadecimal",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Numbers are decimal.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["0x10", "0xff", "-0x1"])),
};
