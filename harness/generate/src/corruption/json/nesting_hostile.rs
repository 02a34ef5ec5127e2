//! A hundred thousand levels.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

const LEVELS: usize = 100_000;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "nesting-hostile",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Hostile nesting costs errors of a limit and nothing else.",
    claim: Claim::Refused(Stage::Limit),
    weight: Weight::Huge,
    apply: |command, entropy| command.with_id(entropy.pick(&["[", "{\"a\":"]).repeat(LEVELS)),
};
