//! `cargo fuzz run sync_recovers corpora/fuzz/sync_recovers`; what it does is in `src/sync_recovers.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(sync_recovers);
