//! Two commas between two members.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "double-comma",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "One comma stands between two members.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_mark(b',', b",,", entropy),
};
