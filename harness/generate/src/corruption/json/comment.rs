//! A comment.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "comment",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "JSON has no comments.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["/*c*/1", "1//c\n", "#c\n1"])),
};
