//! A character in more bytes than it needs.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "overlong-utf8",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Overlong UTF-8 is refused, but for C0 80.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        let strings: [&[u8]; 4] =
            [b"\"\xC0\xAF\"", b"\"\xC1\xBF\"", b"\"\xE0\x80\xAF\"", b"\"\xF0\x82\x82\xAC\""];
        command.with_id(entropy.pick(&strings))
    },
};
