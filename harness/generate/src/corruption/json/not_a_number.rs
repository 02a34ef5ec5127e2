//! Infinity, or no number at all.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "not-a-number",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Infinities and NaN are not JSON.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["NaN", "Infinity", "-Infinity", "1.#INF"])),
};
