//! A word that is no keyword.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "unknown-keyword",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "The keywords are true, false and null.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        command.with_id(entropy.pick(&["nul", "nulll", "undefined", "nan", "inf", "yes"]))
    },
};
