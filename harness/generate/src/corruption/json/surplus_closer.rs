//! One closing bracket too many.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "surplus-closer",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A command is complete when its brackets balance; what closes nothing is one error.",
    claim: Claim::Followed(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| [command.bytes(), vec![entropy.pick(b"}]")]].concat(),
};
