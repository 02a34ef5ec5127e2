//! An argument that is not declared.

use crate::corruption::{Claim, Corruption, Layer, Weight};

pub(in crate::corruption) const CORRUPTION: Corruption = Corruption {
    name: "unknown-argument",
    layer: Layer::Envelope,
    breaks: "arguments-unknown",
    statement: "A command takes its declared arguments and no others.",
    claim: Claim::Dispatched,
    weight: Weight::Light,
    apply: |command, entropy| {
        let argument = entropy.pick(&["{\"qmprobe-made-up\":1", "{\"\":null", "{\"Id\":[]"]);
        let declared = command.member("arguments").strip_prefix(b"{").unwrap_or(b"}");
        let comma: &[u8] = if declared.len() > 1 { b"," } else { b"" };
        command.with("arguments", [argument.as_bytes(), comma, declared].concat())
    },
};
