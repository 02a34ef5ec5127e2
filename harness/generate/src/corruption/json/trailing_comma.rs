//! A comma after the last member.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "trailing-comma",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "No comma comes after the last member or element.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| match entropy.coin() {
        true => command.with_mark(b'}', b",}", entropy),
        false => command.with_id("[1,]"),
    },
};
