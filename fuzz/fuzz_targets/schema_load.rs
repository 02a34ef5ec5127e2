//! `cargo fuzz run schema_load corpora/fuzz/schema_load`; what it does is in `src/schema_load.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(schema_load);
