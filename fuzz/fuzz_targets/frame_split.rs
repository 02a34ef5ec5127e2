//! `cargo fuzz run frame_split corpora/fuzz/frame_split`; what it does is in `src/frame_split.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(frame_split);
