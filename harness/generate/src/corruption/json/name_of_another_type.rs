//! A name that is no string.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::Stage;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "name-of-another-type",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A name is a string.",
    claim: Claim::Refused(Stage::Syntax),
    weight: Weight::Light,
    apply: |command, entropy| {
        let names: [&[u8]; 7] = [b"1", b"null", b"true", b"1.5", b"[]", b"{}", b"[[\"execute\"]]"];
        let name = entropy.pick(&names);
        command.with_raw_member("execute", name)
    },
};
