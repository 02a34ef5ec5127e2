//! A code point that is no character.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "noncharacter",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Noncharacters are refused, escaped or raw.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        let strings: [&[u8]; 7] = [
            br#""\uFFFE""#,
            br#""\uffff""#,
            br#""\ufdd0""#,
            br#""\ud83f\udffe""#,
            b"\"\xEF\xBF\xBE\"",
            b"\"\xEF\xB7\x90\"",
            b"\"\xF0\x9F\xBF\xBF\"",
        ];
        command.with_id(entropy.pick(&strings))
    },
};
