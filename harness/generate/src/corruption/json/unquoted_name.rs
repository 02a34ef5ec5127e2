//! A name without quotes.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "unquoted-name",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "Names stand in quotes.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, _| command.with_raw_member("execute", b"execute"),
};
