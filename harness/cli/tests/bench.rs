//! `bench` from end to end: fast, and without a word about how fast this machine is.
#![allow(clippy::print_stderr, reason = "a test that did not run says so")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_qmprobe");

/// Runs `qmprobe bench`: the exit code and everything it printed.
fn bench(words: &[&str]) -> (i32, String) {
    let output =
        Command::new(BINARY).arg("bench").args(words).stdin(Stdio::null()).output().expect("qmprobe starts");
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code().expect("qmprobe ends by itself"), String::from_utf8_lossy(&printed).into_owned())
}

fn read_json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the file was written");
    serde_json::from_str(&text).expect("the file is JSON")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The shell command of a reference peer with this bug.
fn buggy(bug: &str) -> String {
    format!("{BINARY} serve --bug {bug} --listen unix:{{socket}}")
}

/// A kept bench of `query-status`, and the same made `factor` times as slow.
fn kept(dir: &Path, factor: f64) -> PathBuf {
    let path = dir.join(format!("kept-{factor}.json"));
    let words = ["--reference", "--command", "query-status", "--samples", "600", "--save", text(&path)];
    let (code, page) = bench(&words);
    assert_eq!(code, 0, "{page}");
    let mut record = read_json(&path);
    for sitting in record["commands"]["query-status"]["sittings"].as_array_mut().expect("a list") {
        for bucket in sitting.as_array_mut().expect("a list") {
            bucket[0] = Value::from((bucket[0].as_f64().expect("nanoseconds") * factor) as u64);
        }
    }
    std::fs::write(&path, record.to_string()).expect("a writable file");
    path
}

#[test]
fn the_document_has_the_promised_figures() {
    let dir = tempfile::tempdir().unwrap();
    let (json, plot) = (dir.path().join("bench.json"), dir.path().join("bench.svg"));
    let words = ["--reference", "--samples", "60", "--json", text(&json), "--plot", text(&plot)];
    let (code, page) = bench(&words);
    assert_eq!(code, 0, "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    let document = read_json(&json);
    assert_eq!((&document["complete"], &document["exit"]), (&Value::from(true), &Value::from(0)));
    let figures = &document["commands"]["query-status"];
    for name in ["ops_per_s", "p50_us", "p99_us", "client_cpu_us"] {
        assert!(figures[name].as_f64().is_some_and(|figure| figure > 0.0), "{name}: {figures}");
    }
    assert_eq!(figures["samples"], 60);
    let svg = std::fs::read_to_string(&plot).unwrap();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains("query-status"));
}

#[test]
fn slower_than_a_kept_bench_is_exit_1_where_it_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let words = ["--reference", "--command", "query-status", "--samples", "600", "--baseline"];
    let fast = kept(dir.path(), 0.2);
    let (code, page) = bench(&[&words[..], &[text(&fast), "--fail-above", "10%"]].concat());
    assert!(code == 1 && page.contains(" slower"), "{code}\n{page}");
    assert_eq!(bench(&[&words[..], &[text(&fast)]].concat()).0, 0);
    let slow = kept(dir.path(), 5.0);
    let (code, page) = bench(&[&words[..], &[text(&slow), "--fail-above", "10%"]].concat());
    assert!(code == 0 && page.contains(" faster"), "{code}\n{page}");
}

#[test]
fn two_peers_take_turns() {
    let words = ["--reference", "--samples", "240", "--command", "query-name", "--baseline", "reference"];
    let (code, page) = bench(&words);
    assert_eq!(code, 0, "{page}");
    assert!(page.contains("in turns") && page.matches("query-name").count() == 3, "{page}");
}

#[test]
fn a_fast_wrong_answer_is_a_finding() {
    let words = ["--samples", "30", "--command", "query-status", "--spawn"];
    for (bug, rule) in
        [("return-member-undeclared", "return-undeclared"), ("id-stringified", "reply-id-echo")]
    {
        let (code, page) = bench(&[&words[..], &[&buggy(bug)]].concat());
        assert!(code == 1 && page.contains(&format!("{rule}: query-status")), "{bug}: {code}\n{page}");
    }
}

#[test]
fn a_peer_that_ends_is_a_finding_and_the_bench_incomplete() {
    let dir = tempfile::tempdir().unwrap();
    let json = dir.path().join("bench.json");
    let words = ["--reference", "--samples", "5", "--command", "quit", "--json", text(&json)];
    let (code, page) = bench(&words);
    assert!(code == 1 || code == 5, "{code}\n{page}");
    assert_eq!(read_json(&json)["complete"], false, "{page}");
}

#[test]
fn many_requests_in_flight_are_each_answered() {
    for way in [&["--pipeline", "8"][..], &["--busy-poll"], &["--pipeline", "64", "--busy-poll"]] {
        let (code, page) = bench(&[&["--reference", "--samples", "200"], way].concat());
        assert_eq!(code, 0, "{way:?}\n{page}");
    }
}

#[test]
fn an_agent_is_timed_too() {
    let (code, page) = bench(&["--reference", "--protocol", "qga", "--samples", "60"]);
    assert!(code == 0 && page.contains("guest-ping"), "{code}\n{page}");
}

#[test]
fn what_cannot_be_timed_is_bad_usage() {
    let cases: [(&[&str], &str); 6] = [
        (&["--command", "query-nonsense"], "does not declare"),
        (&["--command", "qom-list"], "path"),
        (&["--command", "qom-list {\"path\": 1}"], "expected str"),
        (&["--command", "quit", "--allow", "observing"], "needs --allow"),
        (&["--baseline", "/nonexistent.json"], "no such file"),
        (&["--fail-above", "10%"], "--baseline"),
    ];
    for (words, reason) in cases {
        let (code, page) = bench(&[&["--reference", "--samples", "5"], words].concat());
        assert!(code == 2 && page.contains(reason), "{words:?}: {code}\n{page}");
    }
}

#[test]
fn a_command_may_have_arguments() {
    let [one, other] = ["/", "/machine"].map(|path| format!("qom-list {{\"path\": \"{path}\"}}"));
    let words = ["--reference", "--samples", "20", "--command", &one, "--command", &other];
    let (code, page) = bench(&words);
    assert!(code == 0 && page.matches("qom-list").count() == 2, "{code}\n{page}");
}

#[test]
fn qemu_is_timed() {
    let found = std::env::var_os("PATH")
        .is_some_and(|dirs| std::env::split_paths(&dirs).any(|dir| dir.join("qemu-system-x86_64").is_file()));
    if !found {
        assert_ne!(std::env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no QEMU");
        eprintln!("not run: there is no qemu-system-x86_64 on PATH");
        return;
    }
    let (code, page) = bench(&["--qemu=qemu-system-x86_64", "--samples", "60", "--pipeline", "4"]);
    assert!(code == 0 && page.contains("start to greeting"), "{code}\n{page}");
}
