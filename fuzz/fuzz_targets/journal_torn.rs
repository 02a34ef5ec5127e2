//! `cargo fuzz run journal_torn corpora/fuzz/journal_torn`; what it does is in `src/journal_torn.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(journal_torn);
