//! `cargo fuzz run scenario_roundtrip corpora/fuzz/scenario_roundtrip`; what it does is in `src/scenario_roundtrip.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(scenario_roundtrip);
