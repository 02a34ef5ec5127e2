//! No colon between a name and its value.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "missing-colon",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A name and its value are separated by a colon.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_mark(b':', b" ", entropy),
};
