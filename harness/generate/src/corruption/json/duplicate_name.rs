//! A member comes twice.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "duplicate-name",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A name comes once in an object.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        let mut tokens = command.tokens();
        let twice = entropy.pick(&[r#","id":1,"id":1"#, r#","execute":"x""#, r#","\u0065xecute":"x""#]);
        tokens.insert(tokens.len() - 1, twice.as_bytes().to_vec());
        tokens.concat()
    },
};
