//! A keyword with capitals.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "keyword-in-capitals",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Keywords are in lower case.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["True", "FALSE", "Null", "None"])),
};
