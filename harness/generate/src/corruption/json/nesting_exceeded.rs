//! One level deeper than may be.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::NESTING_MAX as LEVELS_MAX;
use qmprobe_wire::automaton::Stage;

const NESTING_MAX: usize = LEVELS_MAX as usize;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "nesting-exceeded",
    layer: Layer::Json,
    breaks: "json-error-answered",
    statement: "A level of nesting beyond 1024 is one error of a limit.",
    claim: Claim::Refused(Stage::Limit),
    weight: Weight::Heavy,
    apply: |command, entropy| {
        let open = entropy.pick(&["[", "{\"a\":"]);
        command.with_id(open.repeat(NESTING_MAX))
    },
};
