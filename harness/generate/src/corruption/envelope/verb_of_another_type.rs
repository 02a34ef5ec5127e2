//! A verb that is no string.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "verb-of-another-type",
    layer: Layer::Envelope,
    breaks: "envelope-execute",
    statement: "A verb is a string.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, entropy| {
        command
            .with("execute", entropy.pick(&["1", "null", "true", "{}", "[]", "[\"query-version\"]", "1.5"]))
    },
};
