//! An escape that JSON does not have.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "unknown-escape",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Only the escapes of JSON, and the single quote, may follow a backslash.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        command.with_id(entropy.pick(&[r#""\q""#, r#""\x41""#, r#""\0""#, r#""\U0041""#, r#""\ ""#]))
    },
};
