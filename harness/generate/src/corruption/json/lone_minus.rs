//! A minus sign without a number.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "lone-minus",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A digit follows the minus sign.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["-", "--1", "-a"])),
};
