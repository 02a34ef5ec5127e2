//! Campaigns against the reference peer: its bugs are found, without one there is no finding, and what was cut
//! goes on.
#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test, whose figures are for who asks for all of it"
)]

mod campaigns;

use campaigns::{bug_of, fuzz, never, options};
use qmprobe_engine::event::Event;
use qmprobe_engine::fuzz::Options;
use qmprobe_wire::Dialect;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Cases in which a bug is to be found.
const CASES: u64 = 10_000;
/// Of the bugs, one in so many is looked for in an ordinary run of the tests.
const SAMPLE: usize = 18;
/// Set to another such number; 1 is all of them.
const EVERY: &str = "QMPROBE_FUZZ_EVERY";
/// Set to the beginning of names: only these bugs.
const ONLY: &str = "QMPROBE_FUZZ_BUGS";
/// Set to how many campaigns are killed.
const KILLS: &str = "QMPROBE_FUZZ_KILLS";

#[test]
fn the_reference_peer_without_a_bug_gives_no_finding() {
    for dialect in [Dialect::Qmp, Dialect::Qga] {
        let out = tempfile::tempdir().expect("a directory");
        let over = fuzz(options((dialect, None), 4_000, out.path()), &never);
        assert_eq!(over.rules(), BTreeSet::new(), "{dialect:?}");
        assert!(over.summary.complete && over.summary.judged >= 4_000);
        assert!(over.summary.commands_exercised * 10 > over.summary.commands_declared * 8);
    }
}

#[test]
fn bugs_of_the_reference_peer_are_found() {
    let asked = std::env::var(EVERY).ok().and_then(|text| text.parse().ok());
    let step = asked.unwrap_or(SAMPLE);
    let mut missed = Vec::new();
    let only = std::env::var(ONLY).unwrap_or_default();
    let bugs = qmprobe_reference::bugs().iter().filter(|bug| bug.name.starts_with(&only));
    for bug in bugs.step_by(step) {
        let out = tempfile::tempdir().expect("a directory");
        let is_it = |event: &Event| matches!(event, Event::FindingMade(one) if one.rule == bug.rule);
        let began = Instant::now();
        let over = fuzz(options((bug.dialect, Some(bug)), CASES, out.path()), &is_it);
        if asked.is_some() {
            let (cases, took) = (over.summary.judged, began.elapsed().as_secs_f64());
            eprintln!("{}: {cases} cases, {took:.1} s, {:?}", bug.name, over.rules());
        }
        if !over.rules().contains(bug.rule) {
            missed.push(format!("{}: {} expected, {:?} found", bug.name, bug.rule, over.rules()));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_campaign_begins_with_what_another_left_in_the_corpus_and_leaves_it_its_own() {
    let place = tempfile::tempdir().expect("a directory");
    let corpus = place.path().join("corpus");
    let files = || std::fs::read_dir(&corpus).map_or(0, Iterator::count);
    let play = |name: &str, seed| {
        let mut asked = options((Dialect::Qmp, None), 1_200, &place.path().join(name));
        asked.corpus = Some(corpus.clone());
        asked.run.seed = seed;
        fuzz(asked, &never)
    };
    let picks = |over: &campaigns::Over| {
        let first = over.events.iter().find_map(|event| match event {
            Event::RoundBegan { kind, picks, .. } if kind == "requests" && !picks.is_empty() => {
                Some(picks.clone())
            }
            _ => None,
        });
        first.expect("a round that goes back to something")
    };
    play("first", 1);
    let (left, names) = (files(), std::fs::read_dir(&corpus).expect("a corpus"));
    let names: BTreeSet<String> =
        names.flatten().map(|entry| entry.file_name().to_string_lossy().replace(".requests", "")).collect();
    assert!(left > 10, "{left} sequences");
    let second = play("second", 2);
    assert!(picks(&second).iter().any(|pick| names.contains(pick)), "it goes back to them");
    assert!(files() > left, "and adds to them");
    assert!(!place.path().join("second/corpus").exists());
}

/// What a campaign came to: its cases, how often each rule failed, and each finding's signature.
fn result(out: &Path) -> (u64, BTreeMap<String, u64>, BTreeMap<String, u64>) {
    let kept = qmprobe_engine::journal::read_journal(&out.join("journal.jsonl")).expect("a journal");
    let mut signatures = BTreeMap::new();
    let mut figures = None;
    for event in kept.events {
        match event {
            Event::FindingCounted { signature, occurrences } => {
                assert!(signatures.insert(signature, occurrences).is_none(), "no finding is made twice");
            }
            Event::RunFinished(summary) => figures = Some((summary.judged, summary.rules)),
            _ => {}
        }
    }
    let (judged, rules) = figures.expect("it ended");
    (judged, rules.into_iter().map(|(rule, (_, fail))| (rule, fail)).collect(), signatures)
}

/// A campaign of the systematic part, as a process, against a server with a bug.
fn systematic(out: &Path, resume: bool) -> Child {
    let qmprobe = env!("CARGO_BIN_EXE_qmprobe");
    let peer = format!("{qmprobe} serve --bug unknown-argument-accepted --listen unix:{{socket}}");
    let mut command = Command::new(qmprobe);
    command.args(["fuzz", "--systematic", "--cases", "150", "--strict", "--spawn", &peer, "--out"]).arg(out);
    command.args(resume.then_some("--resume")).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("qmprobe starts")
}

/// The round and the place of each case that the file tells of.
fn lines(path: &Path) -> Vec<(u64, u64)> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let number = |line: &serde_json::Value, name: &str| line[name].as_u64().expect("a number");
    let lines = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    lines.map(|line| (number(&line, "r"), number(&line, "n"))).collect()
}

#[test]
fn a_campaign_that_is_killed_again_and_again_comes_to_what_one_does_that_is_not() {
    let points = std::env::var(KILLS).ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let place = tempfile::tempdir().expect("a directory");
    let whole = place.path().join("whole");
    let began = Instant::now();
    assert_eq!(systematic(&whole, false).wait().expect("it ends").code(), Some(1));
    let takes = began.elapsed();
    let due = result(&whole);
    assert!(due.0 > 100 && due.2.len() >= 4, "{} cases, {} findings", due.0, due.2.len());
    for point in 0..points {
        let cut = place.path().join(format!("cut-{point}"));
        for (nth, part) in [(point * 7 + 3) % points, (point * 5 + 1) % points].into_iter().enumerate() {
            let mut child = systematic(&cut, nth > 0);
            std::thread::sleep(takes * (part + 1) / (points + 2));
            child.kill().expect("SIGKILL");
            child.wait().expect("it ends");
            let done = lines(&cut.join("round.jsonl"));
            assert_eq!(done.iter().collect::<BTreeSet<_>>().len(), done.len(), "each case once");
        }
        assert_eq!(systematic(&cut, true).wait().expect("it ends").code(), Some(1));
        assert_eq!(result(&cut), due, "kill {point} of {points}");
    }
}

#[test]
fn a_campaign_that_was_cut_goes_on_with_the_next_round_and_loses_nothing() {
    let bug = bug_of("return-required");
    let out = tempfile::tempdir().expect("a directory");
    let asked = || options((bug.dialect, Some(bug)), 2_500, out.path());
    let cut = |event: &Event| matches!(event, Event::RoundEnded(round) if round.round == 3);
    let first = fuzz(asked(), &cut);
    assert!(!first.summary.complete && first.summary.judged < 2_500);
    // As a kill leaves it: a round that began, and half a line.
    let journal = out.path().join(qmprobe_engine::journal::FILE);
    let kept = std::fs::read_to_string(&journal).expect("a journal");
    let began =
        kept.lines().rfind(|line| line.contains("round-began")).expect("a round").replace(":3,", ":4,");
    std::fs::write(&journal, format!("{kept}{began}\n{{\"event\":\"round-")).expect("written");
    let second = fuzz(Options { resume: true, ..asked() }, &never);
    assert!(second.summary.complete && second.summary.judged >= 2_500);
    let rounds: Vec<u64> = second.rounds().map(|round| round.round).collect();
    assert_eq!(rounds, (0..rounds.len() as u64).collect::<Vec<_>>(), "each once, the earlier ones too");
    let signatures: Vec<&str> = second.findings().map(|finding| finding.signature.as_str()).collect();
    let distinct: BTreeSet<&str> = signatures.iter().copied().collect();
    assert_eq!(signatures.len(), distinct.len(), "no finding is made twice");
    assert!(second.rules().is_superset(&first.rules()));
    let kept = qmprobe_engine::journal::read_journal(&journal).expect("whole");
    assert!(!kept.torn && matches!(kept.events.last(), Some(Event::RunFinished(_))));
}

/// Bytes that a directory's files take up on the disk.
fn taken_up(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").path());
    entries.map(|path| if path.is_dir() { taken_up(&path) } else { bytes_on_disk(&path) }).sum()
}

fn bytes_on_disk(path: &Path) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(&std::fs::metadata(path).expect("a file")) * 512
}

#[test]
fn an_output_directory_takes_up_no_more_than_it_may() {
    let out = tempfile::tempdir().expect("a directory");
    let asked = options((Dialect::Qmp, None), 2_500, out.path());
    let over = fuzz(Options { out_bytes_max: 1 << 20, ..asked }, &never);
    let kept: u64 = over.rounds().map(|round| round.kept).sum();
    assert!((100..=128).contains(&kept), "{kept} sequences fill its half");
    assert!(taken_up(out.path()) <= 1 << 20, "{} bytes", taken_up(out.path()));
}

#[test]
fn a_signal_leaves_every_report_complete() {
    let scratch = tempfile::tempdir().expect("a directory");
    let path = |name: &str| scratch.path().join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_qmprobe"));
    command.args(["fuzz", "--reference", "--time", "60", "--out"]).arg(path("out"));
    command.arg("--json").arg(path("report.json")).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("qmprobe starts");
    let journal = path("out").join("journal.jsonl");
    let began = Instant::now();
    while !std::fs::read_to_string(&journal).is_ok_and(|text| text.contains("round-ended")) {
        assert!(began.elapsed() < Duration::from_secs(30), "no round was played");
        std::thread::sleep(Duration::from_millis(50));
    }
    Command::new("kill").arg("-TERM").arg(child.id().to_string()).status().expect("kill");
    let asked = Instant::now();
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(143));
    assert!(asked.elapsed() < Duration::from_secs(10));
    let report = std::fs::read_to_string(path("report.json")).expect("a report");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!((&report["complete"], &report["exit"]), (&false.into(), &143.into()));
    assert!(report["counts"]["cases_judged"].as_u64().is_some_and(|judged| judged > 0));
}
