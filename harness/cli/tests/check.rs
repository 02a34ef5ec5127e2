//! `check`, `replay`, `report` and `serve` from end to end, against the reference peer.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_qmprobe");

/// A rule with few cases, and a bug that it finds.
const RULE: &str = "reply-id-echo";
const BUG: &str = "id-dropped-on-error";

struct Scratch {
    dir: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Scratch {
        Scratch { dir: tempfile::tempdir().expect("a temporary directory") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// `qmprobe check WORDS`, with every report.
    fn check(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command.arg("check").arg("--out").arg(self.path("out")).arg("--json").arg(self.path("report.json"));
        command.arg("--junit").arg(self.path("report.xml")).args(words);
        command.stdin(Stdio::null()).current_dir(self.dir.path());
        command
    }

    fn json(&self) -> serde_json::Value {
        read_json(&self.path("report.json"))
    }
}

fn read_json(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).expect("the report was written");
    serde_json::from_str(&text).expect("the report is JSON")
}

fn run(mut command: Command) -> (i32, String, String) {
    let output: Output = command.output().expect("qmprobe starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("qmprobe ends by itself"), text(&output.stdout), text(&output.stderr))
}

fn qmprobe(words: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(words).stdin(Stdio::null());
    command
}

/// The shell command of a reference peer with this bug.
fn buggy(bug: &str) -> String {
    format!("{BINARY} serve --bug {bug} --listen unix:{{socket}}")
}

#[test]
fn a_finding_of_an_agent_is_replayed_on_an_agent_without_a_word_about_that() {
    const SILENT: &str = "sentinel-missing";
    let scratch = Scratch::new();
    let agent = |bug: &str| format!("{BINARY} serve --protocol qga {bug} --listen unix:{{socket}}");
    let broken = agent(&format!("--bug {SILENT}"));
    let words = ["--spawn", &broken, "--protocol", "qga", "--rule", "sync-sentinel"];
    let (code, page, stderr) = run(scratch.check(&words));
    assert_eq!(code, 1, "{page}{stderr}");
    let document = scratch.json();
    let file = document["findings"][0]["file"].as_str().expect("the finding is kept");
    let (code, word, stderr) = run(qmprobe(&["replay", file, "--spawn", &broken]));
    assert!(code == 1 && word.starts_with("FAILS"), "{word}{stderr}");
    let (code, word, stderr) = run(qmprobe(&["replay", file, "--spawn", &agent("")]));
    assert!(code == 0 && word.starts_with("FIXED"), "{word}{stderr}");
}

#[test]
fn the_reference_peer_conforms() {
    let scratch = Scratch::new();
    let (code, page, stderr) = run(scratch.check(&["--reference", "--rule", RULE]));
    assert_eq!(code, 0, "{page}{stderr}");
    assert!(page.contains("conforming: 0 violations"), "{page}");
    let document = scratch.json();
    assert_eq!(document["exit"], 0);
    assert_eq!(document["complete"], true);
    assert_eq!(document["findings"], serde_json::json!([]));
}

#[test]
fn a_bug_is_found_kept_and_replayed() {
    let scratch = Scratch::new();
    let (code, page, stderr) = run(scratch.check(&["--rule", RULE, "--spawn", &buggy(BUG)]));
    assert_eq!(code, 1, "{page}{stderr}");
    assert!(page.contains("NOT CONFORMING") && page.contains("qmprobe replay "), "{page}");
    let document = scratch.json();
    assert_eq!(document["findings"][0]["rule"], RULE);
    let file = document["findings"][0]["file"].as_str().expect("the finding is kept");

    let (code, word, stderr) = run(qmprobe(&["replay", file, "--spawn", &buggy(BUG)]));
    assert_eq!((code, word.starts_with("FAILS 3/3")), (1, true), "{word}{stderr}");
    let (code, word, stderr) = run(qmprobe(&["replay", file, "--reference"]));
    assert_eq!((code, word.starts_with("FIXED")), (0, true), "{word}{stderr}");
}

#[test]
fn a_kept_run_gives_the_same_reports_again() {
    let scratch = Scratch::new();
    let (_, first, _) = run(scratch.check(&["--rule", RULE, "--spawn", &buggy(BUG)]));
    let mut again = qmprobe(&["report"]);
    again.arg(scratch.path("out")).arg("--json").arg(scratch.path("again.json"));
    let (code, second, stderr) = run(again);
    assert_eq!(code, 1, "{stderr}");
    assert_eq!(first, second);
    assert_eq!(scratch.json(), read_json(&scratch.path("again.json")));
}

#[test]
fn an_interrupted_run_is_130_and_its_reports_are_complete() {
    let scratch = Scratch::new();
    let mut command = scratch.check(&["--reference"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child: Child = command.spawn().unwrap();
    let began = Instant::now();
    let grown =
        || std::fs::metadata(scratch.path("out/journal.jsonl")).is_ok_and(|facts| facts.len() > 4_000);
    while !grown() && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let document = scratch.json();
    assert_eq!(document["exit"], 130);
    assert_eq!(document["complete"], false);
    let xml = std::fs::read_to_string(scratch.path("report.xml")).unwrap();
    assert!(xml.trim_end().ends_with("</testsuites>"), "{xml}");
}

#[test]
fn a_budget_that_cuts_the_run_is_5() {
    let scratch = Scratch::new();
    let (code, page, stderr) = run(scratch.check(&["--reference", "--time", "1"]));
    // A machine may be fast enough to finish within the second.
    let complete = scratch.json()["complete"] == true;
    assert_eq!(code, if complete { 0 } else { 5 }, "{page}{stderr}");
}

#[test]
fn a_rule_that_cannot_be_shown_is_4() {
    let scratch = Scratch::new();
    let (code, page, stderr) = run(scratch.check(&["--reference", "--rule", "agent-silent-start"]));
    assert_eq!(code, 4, "{page}{stderr}");
}

#[test]
fn one_peer_that_is_missing_does_not_keep_the_other_from_being_checked() {
    let scratch = Scratch::new();
    let (code, page, stderr) =
        run(scratch.check(&["--reference", "--connect", "unix:/nonexistent/qmp.sock", "--rule", RULE]));
    assert_eq!(code, 3, "{page}{stderr}");
    assert!(stderr.contains("/nonexistent/qmp.sock"), "{stderr}");
    assert_eq!(scratch.json()["counts"]["violations"], 0);
    assert!(page.contains("reference peer"), "{page}");
}

#[test]
fn without_a_peer_the_first_line_says_which_one_is_meant() {
    let scratch = Scratch::new();
    let mut command = scratch.check(&["--rule", RULE]);
    command.env("PATH", "/nonexistent");
    let (code, page, stderr) = run(command);
    assert_eq!(code, 0, "{page}{stderr}");
    let first = page.lines().next().unwrap_or_default();
    assert!(first.contains("reference peer") && first.contains("--qemu=PATH"), "{first}");
}

#[test]
fn a_report_on_standard_output_leaves_it_to_itself() {
    let scratch = Scratch::new();
    let mut command = qmprobe(&["check", "--reference", "--rule", RULE, "--json", "-", "--out"]);
    command.arg(scratch.path("out"));
    let (code, text, page) = run(command);
    assert_eq!(code, 0, "{page}");
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["exit"], 0);
    assert!(page.contains("conforming"), "{page}");
}

#[test]
fn self_test_shows_that_a_rule_finds_its_bugs() {
    let (code, table, stderr) = run(qmprobe(&["self-test", "return-empty"]));
    assert_eq!(code, 0, "{table}{stderr}");
    assert!(table.lines().count() >= 1 && table.lines().all(|line| line.starts_with("ok ")), "{table}");
    assert_eq!(run(qmprobe(&["self-test", "no-such-bug"])).0, 2);
}
