//! `cargo fuzz run judge_total corpora/fuzz/judge_total`; what it does is in `src/judge_total.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(judge_total);
