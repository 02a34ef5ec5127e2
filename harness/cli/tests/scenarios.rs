//! `qmprobe run` and the scenarios of this repository, against the peers that are installed and the one that is
//! built in.
#![allow(clippy::print_stderr, reason = "a test that did not run says so")]

use serde_json::Value;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_qmprobe");

/// The versions that the scenarios hold of, besides the installed one.
const OTHER_VERSIONS: &[&str] = &["5.2", "7.2", "10.0", "11.1"];

struct Ran {
    code: i32,
    page: String,
    stderr: String,
    json: Value,
}

/// `qmprobe run WORDS`, with a JSON report.
fn run(words: &[&str]) -> Ran {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let report = dir.path().join("report.json");
    let mut command = Command::new(BINARY);
    command.arg("run").args(words).arg("--json").arg(&report).stdin(Stdio::null()).current_dir(root());
    let output: Output = command.output().expect("qmprobe starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let json = std::fs::read_to_string(&report).ok().and_then(|text| serde_json::from_str(&text).ok());
    Ran {
        code: output.status.code().expect("qmprobe ends by itself"),
        page: text(&output.stdout),
        stderr: text(&output.stderr),
        json: json.unwrap_or_default(),
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Ran {
    fn judged(&self) -> u64 {
        self.json["counts"]["cases_judged"].as_u64().unwrap_or_default()
    }

    /// All that were played held, and so many were.
    fn held(&self, at_least: u64) {
        assert_eq!(self.code, 0, "{}{}", self.page, self.stderr);
        assert!(self.judged() >= at_least, "only {} were played\n{}", self.judged(), self.page);
    }
}

/// The program on PATH, where it is.
fn installed(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = env::split_paths(&path).chain(["/usr/sbin".into()]);
    present(places.map(|place| place.join(program)).find(|path| path.is_file()), program)
}

/// Another version of it, where there is one.
fn other(program: &str, version: &str) -> Option<PathBuf> {
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".cache/qemu-peers"));
    let peers = env::var_os("PEERS").map(PathBuf::from).or(home)?;
    let name = format!("{program}-{version}");
    present(Some(peers.join("bin").join(&name)).filter(|path| path.is_file()), &name)
}

fn present(found: Option<PathBuf>, name: &str) -> Option<PathBuf> {
    if found.is_none() {
        assert_ne!(env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no {name}");
        eprintln!("not run: there is no {name}");
    }
    found
}

fn holds_of(flag: &str, program: &str, at_least: u64) {
    let Some(binary) = installed(program) else { return };
    let ran = run(&["scenarios", &format!("--{flag}={}", binary.display())]);
    ran.held(at_least);
    assert!(!ran.page.contains("does not start as the scenario needs it"), "{}", ran.page);
}

fn holds_of_the_others(flag: &str, program: &str, at_least: u64) {
    for binary in OTHER_VERSIONS.iter().filter_map(|version| other(program, version)) {
        let ran = run(&["scenarios", &format!("--{flag}={}", binary.display())]);
        eprintln!("{}: {} scenarios", binary.display(), ran.judged());
        ran.held(at_least);
    }
}

#[test]
fn the_scenarios_hold_of_qemu() {
    holds_of("qemu", "qemu-system-x86_64", 80);
}

#[test]
fn the_scenarios_hold_of_the_storage_daemon() {
    holds_of("storage-daemon", "qemu-storage-daemon", 58);
}

#[test]
fn the_scenarios_hold_of_the_guest_agent() {
    holds_of("guest-agent", "qemu-ga", 20);
}

#[test]
fn the_scenarios_hold_of_other_versions() {
    holds_of_the_others("qemu", "qemu-system-x86_64", 80);
    holds_of_the_others("storage-daemon", "qemu-storage-daemon", 58);
    holds_of_the_others("guest-agent", "qemu-ga", 20);
}

#[test]
fn the_scenarios_that_need_nothing_special_hold_of_the_reference_peer() {
    run(&["scenarios", "--reference"]).held(40);
    run(&["scenarios", "--reference", "--protocol", "qga"]).held(15);
}

/// A scenario file of the test's own.
fn file(dir: &tempfile::TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    std::fs::write(&path, text).expect("the file is written");
    path.display().to_string()
}

const WRONG: &str = "rule: reply-id-echo\n\n-> {\"execute\": \"query-version\", \"id\": 1}\n\
                     <- {\"return\": {...}, \"id\": 1}\n-> {\"execute\": \"query-version\", \"id\": 2}\n\
                     <- {\"return\": {...}, \"id\": 3}\n";

#[test]
fn one_wrong_expectation_fails_with_its_line_and_the_difference() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = file(&dir, "wrong.qmp", WRONG);
    let ran = run(&[&path, "--reference"]);
    assert_eq!(ran.code, 1, "{}{}", ran.page, ran.stderr);
    let finding = &ran.json["findings"][0];
    assert_eq!(finding["rule"], "reply-id-echo");
    assert_eq!(finding["class"], "wrong.qmp:6");
    assert_eq!(finding["reproduced"], "3/3");
    for part in ["<- {\"return\": {...}, \"id\": 3}", "id: 3 is due, there is 2", "\"id\": 2}"] {
        assert!(ran.page.contains(part), "{part} is not in\n{}", ran.page);
    }
    assert_eq!(ran.json["findings"].as_array().map(Vec::len), Some(1), "the rest of it held");
}

#[test]
fn a_peer_that_grows_more_than_a_line_allows_fails_that_line() {
    let Some(binary) = installed("qemu-storage-daemon") else { return };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let unread = "-> {\"execute\":\"query-qmp-schema\"}\n".repeat(8);
    for (allowed, code) in [("+8K", 1), ("+256M", 0)] {
        let text = format!("rule: output-bounded\n\n{unread}wait 1s\nmemory {allowed}\n...\n");
        let path = file(&dir, "growth.qmp", &text);
        let ran = run(&[&path, &format!("--storage-daemon={}", binary.display())]);
        assert_eq!(ran.code, code, "{}{}", ran.page, ran.stderr);
        let class = ran.json["findings"][0]["class"].as_str();
        assert_eq!(class, (code == 1).then_some("growth.qmp:12"), "{}", ran.page);
    }
}

#[test]
fn a_scenario_is_judged_by_the_ordinary_rules_as_well() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let text = "rule: reply-id-echo\n\n-> {\"execute\": \"query-version\", \"id\": 1}\n<- {...}\n";
    let path = file(&dir, "lenient.qmp", text);
    let buggy = format!("{BINARY} serve --bug id-dropped-on-success --listen unix:{{socket}}");
    let ran = run(&[&path, "--spawn", &buggy]);
    assert_eq!(
        (ran.code, &ran.json["findings"][0]["rule"]),
        (1, &Value::from("reply-id-echo")),
        "{}",
        ran.page
    );
    run(&[&path, "--reference"]).held(1);
}

#[test]
fn a_known_defect_is_told_and_fails_nothing_unless_asked_for() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = file(&dir, "known.qmp", &format!("known-defect: * as everybody knows\n{WRONG}"));
    let ran = run(&[&path, "--reference"]);
    assert_eq!((ran.code, &ran.json["findings"][0]["waived"]), (0, &Value::from("as everybody knows")));
    assert_eq!(run(&[&path, "--reference", "--strict"]).code, 1);
}

#[test]
fn a_file_that_is_no_scenario_is_bad_usage_and_shown_with_what_to_write() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = file(&dir, "bad.qmp", "rule: one-repli\nsesion: oob\n\n-> {}\nevnt STOP\n");
    let ran = run(&[&path, "--reference"]);
    assert_eq!(ran.code, 2);
    for part in
        ["did you mean `one-reply`?", "did you mean `session`?", "did you mean `event`?", "bad.qmp:5:1"]
    {
        assert!(ran.stderr.contains(part), "{part} is not in\n{}", ran.stderr);
    }
    assert_eq!(run(&["scenarioz", "--reference"]).code, 2);
}

#[test]
fn scenarios_that_are_all_for_somebody_else_show_nothing() {
    let ran = run(&["scenarios/qga", "--reference"]);
    assert_eq!(ran.code, 4);
    assert!(ran.page.contains("skipped, it is for qga"), "{}", ran.page);
}

#[test]
fn somebody_elses_peer_is_sent_nothing_that_changes_it() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let socket = dir.path().join("qmp.sock");
    let listen = format!("unix:{}", socket.display());
    let mut server = Command::new(BINARY).args(["serve", "--listen", &listen]).spawn().expect("it starts");
    while !socket.exists() && server.try_wait().ok().flatten().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let path =
        file(&dir, "stop.qmp", "rule: return-empty\n\n-> {\"execute\": \"stop\"}\n<- {\"return\": {}}\n");
    let ran = run(&[&path, "--connect", &listen]);
    let allowed = run(&[&path, "--connect", &listen, "--allow", "changing"]);
    server.kill().expect("it runs");
    server.wait().expect("it ends");
    assert_eq!(ran.code, 4, "{}", ran.page);
    assert!(ran.page.contains("stop: changing: needs --allow changing"), "{}", ran.page);
    assert_eq!(allowed.judged(), 1, "{}", allowed.page);
}

#[test]
fn a_finding_of_a_check_is_kept_as_a_scenario_that_replays() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let buggy = format!("{BINARY} serve --bug id-dropped-on-error --listen unix:{{socket}}");
    let mut check = Command::new(BINARY);
    check.args(["check", "--rule", "reply-id-echo", "--spawn", &buggy, "--out", "out"]);
    assert_eq!(check.current_dir(dir.path()).output().expect("it runs").status.code(), Some(1));
    let folder = dir.path().join("out/findings/reply-id-echo");
    let files = folder.read_dir().expect("there are findings").flatten().map(|entry| entry.path());
    let scenario =
        files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "qmp"));
    let scenario = scenario.expect("a finding is kept as a scenario");
    let replay = |peer: &[&str]| {
        let mut command = Command::new(BINARY);
        let output = command.arg("replay").arg(&scenario).args(peer).output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (code, word) = replay(&["--spawn", &buggy]);
    assert_eq!((code, word.starts_with("FAILS 3/3  reply-id-echo")), (Some(1), true), "{word}");
    let (code, word) = replay(&["--reference"]);
    assert_eq!((code, word.starts_with("FIXED")), (Some(0), true), "{word}");
}
