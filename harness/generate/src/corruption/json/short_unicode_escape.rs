//! Fewer than four hexadecimal digits after a \u.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "short-unicode-escape",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Four hexadecimal digits follow a \\u.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        command.with_id(entropy.pick(&[r#""\u""#, r#""\u12""#, r#""\u12G4""#, r#""\u 123""#]))
    },
};
