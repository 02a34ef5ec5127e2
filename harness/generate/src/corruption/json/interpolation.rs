//! A format specifier, which QEMU reads only from itself.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "interpolation",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Format specifiers are no JSON.",
    claim: Claim::Refused(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, entropy| command.with_id(entropy.pick(&["%p", "%d", "%s", "%i"])),
};
