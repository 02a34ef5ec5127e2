//! As deep as may be, or one level less.

use crate::corruption::{Claim, Corruption, Layer, Weight};
use qmprobe_wire::automaton::NESTING_MAX as LEVELS_MAX;

const NESTING_MAX: usize = LEVELS_MAX as usize;

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "nesting-allowed",
    layer: Layer::Json,
    breaks: "basic-commands",
    statement: "1024 levels of nesting are read.",
    claim: Claim::Harmless,
    weight: Weight::Heavy,
    apply: |command, entropy| {
        // One level is the command's own.
        let levels = entropy.pick(&[NESTING_MAX - 2, NESTING_MAX - 1]);
        command.with_id(["[".repeat(levels), "]".repeat(levels)].concat())
    },
};
