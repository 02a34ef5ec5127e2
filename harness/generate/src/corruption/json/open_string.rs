//! A string that ends with the line.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "open-string",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A line end in a string is an error.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["\"open\n", "'open\n", "\"open\r\n", "\"\n"])),
};
