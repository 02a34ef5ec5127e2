//! No comma between two members.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "missing-comma",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Members are separated by commas.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_mark(b',', b"", entropy),
};
