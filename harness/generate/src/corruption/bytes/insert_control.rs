//! A control character that is no white space.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "insert-control",
    layer: Layer::Bytes,
    breaks: "json-error-answered",
    statement: "A control character amid a command, in a string or not, is one error and drops the command.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| {
        let control = entropy.pick(&[0x01, 0x08, 0x0B, 0x0C, 0x0E, 0x1F]);
        command.torn_by(control, entropy)
    },
};
