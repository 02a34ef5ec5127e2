//! A NUL, which resynchronises.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "insert-nul",
    layer: Layer::Bytes,
    breaks: "json-error-answered",
    statement: "A byte 0x00 amid a command, in a string or not, is one error and drops the command.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.torn_by(0x00, entropy),
};
