//! `cargo fuzz run hostile_peer corpora/fuzz/hostile_peer`; what it does is in `src/hostile_peer.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(hostile_peer);
