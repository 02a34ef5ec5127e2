//! `cargo fuzz run frame_vs_serde corpora/fuzz/frame_vs_serde`; what it does is in `src/frame_vs_serde.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(frame_vs_serde);
