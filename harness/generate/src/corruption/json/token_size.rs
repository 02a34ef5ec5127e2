//! More bytes than may be.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;
use qmprobe_wire::automaton::TOKEN_BYTES_MAX;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "token-size",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "More than 64 MiB in a command are one error of a limit.",
    claim: Claim::Refused(Stage::Limit),
    weight: Weight::Huge,
    apply: |command, _| command.with_id(["\"", &"a".repeat(TOKEN_BYTES_MAX), "\""].concat()),
};
