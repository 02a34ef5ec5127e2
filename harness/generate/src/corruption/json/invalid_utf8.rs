//! Raw bytes that are no UTF-8.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "invalid-utf8",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A string that is no UTF-8 is one error and does no further damage.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        let strings: [&[u8]; 7] = [
            b"\"\x80\"",
            b"\"\xC3\"",
            b"\"\xC3(\"",
            b"\"\xED\xA0\x80\"",
            b"\"\xF4\x90\x80\x80\"",
            b"\"\xF8\x88\x80\x80\x80\"",
            b"\"\xFD\xBF\xBF\xBF\xBF\xBF\"",
        ];
        command.with_id(entropy.pick(&strings))
    },
};
