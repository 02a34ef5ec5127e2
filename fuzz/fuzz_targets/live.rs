//! `cargo fuzz run live corpora/fuzz/live`; what it does is in `src/live.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(live);
