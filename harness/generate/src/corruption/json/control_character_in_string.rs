//! A raw control character within a string.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "control-character-in-string",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Control characters in strings are escaped.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| {
        command.with_id(entropy.pick(&["\"a\tb\"", "\"a\rb\"", "\"\u{1}\"", "\"\\\u{1f}\""]))
    },
};
