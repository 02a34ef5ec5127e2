//! A name without a value.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "missing-value",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Each name has a value.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["", "[[],]", "{\"a\":}"])),
};
