//! Campaigns against the reference peer: its bugs are found, without one there is no finding, and what was cut
//! goes on.
#![allow(clippy::expect_used, reason = "a test")]

use qmprobe_engine::event::{Event, Summary};
use qmprobe_engine::fuzz::{OUT_BYTES_MAX, Options, run};
use qmprobe_engine::{campaign, safety::Class};
use qmprobe_reference::{Bug, Config, Server};
use qmprobe_target::{Embedded, PeerSpec};
use qmprobe_wire::{Dialect, Limits, Version};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Cases in which a bug is to be found.
const CASES: u64 = 10_000;
/// Of the bugs, one in so many is looked for in an ordinary run of the tests.
const SAMPLE: usize = 16;
/// Set to another such number; 1 is all of them.
const EVERY: &str = "QMPROBE_FUZZ_EVERY";

struct Over {
    events: Vec<Event>,
    summary: Summary,
}

impl Over {
    fn rules(&self) -> BTreeSet<&str> {
        let rules = self.events.iter().filter_map(|event| match event {
            Event::FindingMade(finding) => Some(finding.rule.as_str()),
            _ => None,
        });
        rules.collect()
    }

    fn rounds(&self) -> Vec<u64> {
        let rounds = self.events.iter().filter_map(|event| match event {
            Event::RoundBegan { round, .. } => Some(*round),
            _ => None,
        });
        rounds.collect()
    }
}

/// A campaign of so many cases, which is asked to stop when an event says so.
fn fuzz(
    (dialect, bug): (Dialect, Option<&'static Bug>),
    cases: u64,
    out: &Path,
    resume: bool,
    stops: &dyn Fn(&Event) -> bool,
) -> Over {
    let name = if dialect == Dialect::Qmp { "qemu-7.2" } else { "qga-10.0" };
    let schema = Arc::new(qmprobe_schema::shipped(name).expect("shipped").expect("well-formed"));
    let bugs = bug.into_iter().collect();
    let config = Config { schema: Arc::clone(&schema), dialect, bugs, version: Version::new(10, 0), seed: 0 };
    let server = Server::new(config);
    let dial = Arc::new(move || server.dial());
    let options = Options {
        run: campaign::Options {
            peer: PeerSpec::Embedded(Embedded { name: "reference".to_owned(), dialect, dial }),
            peer_name: None,
            schema: Some(schema),
            allow: Class::Destroying,
            rules: Vec::new(),
            seed: 1,
            time: None,
            out: out.to_owned(),
            waivers: Vec::new(),
            strict: true,
            limits: Limits {
                step_ms_max: 1_500,
                greeting_ms_max: 1_500,
                message_bytes_max: 1 << 20,
                ..Limits::default()
            },
            max_cases: Some(cases),
        },
        resume,
        out_bytes_max: OUT_BYTES_MAX,
    };
    let (stopper, stop) = tokio::sync::watch::channel(false);
    let mut events = Vec::new();
    let mut sink = |event: &Event| {
        if stops(event) {
            stopper.send_replace(true);
        }
        events.push(event.clone());
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let summary = runtime.block_on(run(options, stop, &mut sink)).expect("the reference can be tested");
    Over { events, summary }
}

fn never(_: &Event) -> bool {
    false
}

#[test]
fn the_reference_peer_without_a_bug_gives_no_finding() {
    for dialect in [Dialect::Qmp, Dialect::Qga] {
        let out = tempfile::tempdir().expect("a directory");
        let over = fuzz((dialect, None), 4_000, out.path(), false, &never);
        assert_eq!(over.rules(), BTreeSet::new(), "{dialect:?}");
        assert!(over.summary.complete && over.summary.judged >= 4_000);
        assert!(over.summary.commands_exercised * 10 > over.summary.commands_declared * 8);
    }
}

#[test]
fn bugs_of_the_reference_peer_are_found() {
    let step = std::env::var(EVERY).ok().and_then(|text| text.parse().ok()).unwrap_or(SAMPLE);
    let mut missed = Vec::new();
    for bug in qmprobe_reference::bugs().iter().step_by(step) {
        let out = tempfile::tempdir().expect("a directory");
        let is_it = |event: &Event| matches!(event, Event::FindingMade(one) if one.rule == bug.rule);
        let over = fuzz((bug.dialect, Some(bug)), CASES, out.path(), false, &is_it);
        if !over.rules().contains(bug.rule) {
            missed.push(format!("{}: {} expected, {:?} found", bug.name, bug.rule, over.rules()));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn a_campaign_that_was_cut_goes_on_with_the_next_round_and_loses_nothing() {
    let bug = qmprobe_reference::bugs().iter().find(|bug| bug.rule == "return-required").expect("a bug");
    let out = tempfile::tempdir().expect("a directory");
    let cut = |event: &Event| matches!(event, Event::RoundEnded(round) if round.round == 3);
    let first = fuzz((bug.dialect, Some(bug)), 2_500, out.path(), false, &cut);
    assert!(!first.summary.complete && first.summary.judged < 2_500);
    // As a kill leaves it: a round that began, and half a line.
    let journal = out.path().join(qmprobe_engine::journal::FILE);
    let kept = std::fs::read_to_string(&journal).expect("a journal");
    let began =
        kept.lines().rfind(|line| line.contains("round-began")).expect("a round").replace(":3,", ":4,");
    std::fs::write(&journal, format!("{kept}{began}\n{{\"event\":\"round-")).expect("written");
    let second = fuzz((bug.dialect, Some(bug)), 2_500, out.path(), true, &never);
    assert!(second.summary.complete && second.summary.judged >= 2_500);
    let rounds = second.rounds();
    assert_eq!(rounds, (0..rounds.len() as u64).collect::<Vec<_>>(), "each once, the earlier ones too");
    let mut signatures: Vec<&str> = second
        .events
        .iter()
        .filter_map(|event| match event {
            Event::FindingMade(finding) => Some(finding.signature.as_str()),
            _ => None,
        })
        .collect();
    let all = signatures.len();
    signatures.sort_unstable();
    signatures.dedup();
    assert_eq!(signatures.len(), all, "no finding is made twice");
    assert!(second.rules().is_superset(&first.rules()));
    let kept = qmprobe_engine::journal::read_journal(&journal).expect("whole");
    assert!(!kept.torn && matches!(kept.events.last(), Some(Event::RunFinished(_))));
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
