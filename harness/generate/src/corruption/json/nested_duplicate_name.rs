//! A member comes twice in an object within.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "nested-duplicate-name",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A name comes once in an object, at any depth.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&[r#"{"a":1,"a":2}"#, r#"[{"b":{"":1,"":1}}]"#])),
};
