//! `cargo fuzz run generated_conforms corpora/fuzz/generated_conforms`; what it does is in `src/generated_conforms.rs`.
#![cfg_attr(fuzzing, no_main)]
qmprobe_fuzz::target!(generated_conforms);
