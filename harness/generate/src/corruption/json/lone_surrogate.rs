//! Half of a surrogate pair.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "lone-surrogate",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Surrogates come in pairs, the high one first.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        command.with_id(entropy.pick(&[
            r#""\ud800""#,
            r#""\udc00""#,
            r#""\ud800\u0041""#,
            r#""\udc00\ud800""#,
            r#""\uD83Dx""#,
        ]))
    },
};
