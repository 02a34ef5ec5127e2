//! The document that CI servers read: well-formed whatever a peer sent, and of the shape they know.

mod events;

use events::{CONFORMING, broken, clean, id_finding, interrupted, known, made, render, render_with, started};
use qmprobe_engine::event::Finding;
use qmprobe_report::{Outcome, Outcomes, Settings};
use std::io::Write;
use std::process::{Command, Stdio};

/// The element structure that CI servers know: who may stand in whom.
const PARENTS: &[(&str, &[&str])] = &[
    ("testsuites", &[""]),
    ("testsuite", &["testsuites"]),
    ("properties", &["testsuite", "testcase"]),
    ("property", &["properties"]),
    ("testcase", &["testsuite"]),
    ("skipped", &["testcase"]),
    ("failure", &["testcase"]),
    ("error", &["testcase"]),
    ("system-out", &["testcase", "testsuite"]),
];

/// Checks the nesting of elements; attributes and text hold no `<` in well-formed XML.
fn check_structure(xml: &str) {
    let mut open = vec![""];
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag ends");
        if tag.starts_with('?') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/', '\n']).next().unwrap_or_default();
        let (_, parents) = PARENTS.iter().find(|(known, _)| *known == name).expect("a known element");
        assert!(parents.contains(open.last().expect("the outside")), "{name} in {open:?}");
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, [""]);
}

fn check_well_formed(xml: &str) {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && (c as u32) & 0xFFFE != 0xFFFE);
    assert!(xml.chars().all(allowed), "a character that XML does not know");
    let started = Command::new("xmllint").args(["--noout", "-"]).stdin(Stdio::piped()).spawn();
    // Without the tool the checks of our own have to do.
    let Ok(mut lint) = started else { return };
    lint.stdin.take().expect("a pipe").write_all(xml.as_bytes()).expect("xmllint reads");
    assert!(lint.wait().expect("xmllint ends").success(), "{xml}");
}

#[test]
fn every_kind_of_run_gives_valid_xml() {
    for events in [clean(), broken(), known(), interrupted(), Vec::new()] {
        for outcome in [Outcome::Conforming, Outcome::Findings, Outcome::Trouble] {
            let xml = render("junit", &events, outcome);
            check_well_formed(&xml);
            check_structure(&xml);
        }
    }
}

#[test]
fn hostile_text_stays_in_its_element() {
    let mut finding = id_finding();
    finding.actual = "]]></failure><failure>\0\u{1}\u{fffe}\u{1b}[31m&amp; \" '".to_owned();
    finding.class = "<x a=\"".to_owned();
    finding.rule = "no<such".to_owned();
    let xml = render("junit", &[started(1), made(finding)], Outcome::Findings);
    check_well_formed(&xml);
    check_structure(&xml);
    assert!(xml.contains("\\u{0}"), "{xml}");
}

#[test]
fn a_finding_fails_the_test_case_of_its_rule() {
    let xml = render("junit", &broken(), Outcome::Findings);
    assert!(xml.contains(r#"failures="2" errors="0""#), "{xml}");
    assert!(xml.contains(r#"<testcase name="reply-id-echo" classname="qmprobe.qemu">"#), "{xml}");
    assert!(xml.contains("qmprobe replay qmprobe-out/findings/reply-id-echo/"), "{xml}");
}

#[test]
fn how_to_replay_a_finding_of_a_running_peer_tells_where_that_is() {
    let mut finding = id_finding();
    finding.file = Some("found.json".to_owned());
    finding.peer.kind = "other".to_owned();
    finding.peer.name = "unix:/run/a b".to_owned();
    let page = |finding: Finding| render("junit", &[started(1), made(finding)], Outcome::Findings);
    assert!(!page(finding.clone()).contains("--connect"), "it was started by its command line");
    finding.peer.command_line.clone_from(&finding.peer.name);
    for version in ["", " 7.2.22"] {
        finding.peer.name = format!("unix:/run/a b{version}");
        let xml = page(finding.clone());
        assert!(xml.contains("qmprobe replay found.json --connect &apos;unix:/run/a b&apos;\n"), "{xml}");
    }
}

#[test]
fn a_known_defect_fails_nothing_and_is_told() {
    let xml = render("junit", &known(), CONFORMING);
    assert!(xml.contains(r#"failures="0" errors="0""#), "{xml}");
    assert!(xml.contains(r#"<property name="waived""#), "{xml}");
    assert!(xml.contains("<system-out>"), "{xml}");
}

#[test]
fn a_rule_that_was_not_shown_is_skipped_with_why() {
    let xml = render("junit", &clean(), CONFORMING);
    assert!(xml.contains(r#"<skipped message="no rate-limited event was seen"/>"#), "{xml}");
}

#[test]
fn a_warning_is_a_failure_only_when_strict() {
    let mut finding = id_finding();
    finding.severity = "warning".to_owned();
    let events = [started(1), made(finding)];
    let outcomes = Outcomes { whole: Outcome::Conforming, runs: Vec::new() };
    let page = |strict| render_with("junit", &events, &outcomes, Settings { strict, ..Settings::default() });
    assert!(!page(false).contains("<failure"));
    assert!(page(true).contains("<failure"));
}

#[test]
fn a_run_that_was_cut_short_is_an_error() {
    let xml = render("junit", &interrupted(), Outcome::Interrupted(15));
    assert!(xml.contains(r#"<testcase name="run-complete""#) && xml.contains("<error"), "{xml}");
}
