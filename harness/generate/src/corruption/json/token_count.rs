//! More tokens than may be.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;
use qmprobe_wire::automaton::TOKENS_MAX;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "token-count",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "More than 2097152 tokens in a command are one error of a limit.",
    claim: Claim::Refused(Stage::Limit),
    weight: Weight::Huge,
    apply: |command, _| command.with_id(["[", &"0,".repeat(TOKENS_MAX / 2), "0]"].concat()),
};
