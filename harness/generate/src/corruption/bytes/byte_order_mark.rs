//! A byte order mark before the command.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "byte-order-mark",
    layer: Layer::Bytes,
    breaks: "json-error-answered",
    statement: "A byte order mark is one error, and the command after it is answered.",
    claim: Claim::Preceded(Stage::Lexical),
    weight: Weight::Light,
    apply: |command, _| [b"\xEF\xBB\xBF".as_slice(), &command.bytes()].concat(),
};
