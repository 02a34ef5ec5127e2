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
        let listed = format!("[{}]", String::from_utf8_lossy(command.member("execute")));
        command.with("execute", entropy.pick(&["1", "null", "true", "{}", "[]", listed.as_str(), "1.5"]))
    },
};
