//! Every body over its corpus and over seeded inputs: what libFuzzer would do, a little of it and always the same.

use qmprobe_fuzz::{ALL, Target, program};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of one entry of a corpus.
const ENTRY_BYTES_MAX: u64 = 8 << 10;

fn directory(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpora/fuzz").join(target.name)
}

/// The corpus, and so many inputs that follow from it.
#[track_caller]
fn holds(name: &str, seeded: u64) {
    let target = ALL.iter().find(|target| target.name == name).expect("a target");
    let corpus = program::corpus(&[directory(target)]).expect("a corpus");
    assert!(!corpus.is_empty(), "{name} has no corpus");
    let seeded = (0..seeded).map(|index| program::seeded(&corpus, 0, index));
    for input in corpus.iter().cloned().chain(seeded) {
        if let Err(why) = (target.body)(&input) {
            panic!("{name}: {why}\n{}", qmprobe_wire::escape::escape(&input));
        }
    }
}

#[test]
fn any_split_gives_the_same_outcomes() {
    holds("frame_split", 500);
}

#[test]
fn what_serde_json_reads_we_read() {
    holds("frame_vs_serde", 500);
}

#[test]
fn a_document_is_refused_in_good_order_or_survives_printing() {
    holds("schema_load", 300);
}

#[test]
fn what_is_generated_conforms() {
    holds("generated_conforms", 500);
}

#[test]
fn a_corruption_breaks_the_rule_that_it_claims_to_break() {
    holds("corruption_breaks_one", 300);
}

#[test]
fn any_transcript_is_judged() {
    holds("judge_total", 500);
}

#[test]
fn a_scenario_survives_printing() {
    holds("scenario_roundtrip", 500);
}

#[test]
fn a_journal_cut_anywhere_is_read_up_to_there() {
    holds("journal_torn", 300);
}

#[test]
fn a_client_gets_back_in_step() {
    holds("sync_recovers", 500);
}

#[test]
fn a_campaign_against_any_peer_ends() {
    holds("hostile_peer", 12);
}

#[test]
fn without_an_address_nobody_is_attacked() {
    holds("live", 1);
}

#[test]
fn each_target_has_its_program_and_each_entry_the_name_of_its_content() {
    let programs =
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz_targets")).expect("programs");
    let stem = |path: PathBuf| path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned);
    let programs: BTreeSet<String> =
        programs.filter_map(|entry| stem(entry.expect("a file").path())).collect();
    assert_eq!(programs, ALL.iter().map(|target| target.name.to_owned()).collect());
    for entry in ALL.iter().flat_map(|target| fs::read_dir(directory(target)).expect("a corpus")) {
        let path = entry.expect("an entry").path();
        let bytes = fs::read(&path).expect("an input");
        assert_eq!(stem(path.clone()), Some(program::name(&bytes)), "{}", path.display());
        assert!(bytes.len() as u64 <= ENTRY_BYTES_MAX, "{}", path.display());
    }
}
