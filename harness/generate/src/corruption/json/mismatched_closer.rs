//! A bracket that closes a brace.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "mismatched-closer",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "What opens with a brace closes with one.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| match entropy.coin() {
        true => command.with_mark(b'}', b"]", entropy),
        false => command.with_id(entropy.pick(&["[}", "{\"a\":1]"])),
    },
};
