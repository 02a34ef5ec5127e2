//! `cargo fuzz run corruption_breaks_one corpora/fuzz/corruption_breaks_one`; what it does is in `src/corruption_breaks_one.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(corruption_breaks_one);
