//! Two colons between a name and its value.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "double-colon",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "One colon stands between a name and its value.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_mark(b':', b"::", entropy),
};
