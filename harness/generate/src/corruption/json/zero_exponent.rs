//! An exponent after a lone zero.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "zero-exponent",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "QEMU takes no exponent after a lone zero.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["0e1", "-0e1", "0e10"])),
};
