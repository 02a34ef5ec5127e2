//! What a person sees: whole pages as snapshots, and what must hold of any page.

mod events;

use events::{
    CONFORMING, broken, clean, crash_finding, id_finding, interrupted, known, made, render, render_with,
    summary,
};
use qmprobe_engine::{Event, Finding, RecoveryBucket, RecoveryRow, Summary};
use qmprobe_report::{Outcome, Outcomes, Settings};

#[test]
fn a_clean_run() {
    insta::assert_snapshot!(render("console", &clean(), CONFORMING));
}

#[test]
fn a_run_with_findings() {
    insta::assert_snapshot!(render("console", &broken(), Outcome::Findings));
}

#[test]
fn a_run_with_nothing_but_known_defects() {
    insta::assert_snapshot!(render("console", &known(), CONFORMING));
}

#[test]
fn an_interrupted_run_shows_what_it_found() {
    insta::assert_snapshot!(render("console", &interrupted(), Outcome::Interrupted(2)));
}

#[test]
fn two_peers_have_a_page_each_and_one_verdict() {
    let events: Vec<_> = clean().into_iter().chain(broken()).collect();
    let outcomes = Outcomes { whole: Outcome::Findings, runs: vec![Outcome::Conforming, Outcome::Findings] };
    let page = render_with("console", &events, &outcomes, Settings::default());
    let tail: Vec<&str> = page.lines().rev().take(3).collect();
    insta::assert_snapshot!(tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

#[test]
fn beyond_a_screenful_the_findings_are_a_table() {
    let mut events = clean();
    let finished = events.pop().unwrap();
    for index in 0..25 {
        let mut finding = id_finding();
        finding.signature = format!("{index:016x}");
        events.push(made(finding));
    }
    events.push(finished);
    let page = render("console", &events, Outcome::Findings);
    assert_eq!(page.matches("by hand").count(), 20);
    assert!(page.contains("5 more findings"), "{page}");
}

#[test]
fn a_finding_of_a_campaign_says_when_it_was_made() {
    let page = |after_s| {
        let mut events = clean();
        events.insert(events.len() - 1, made(Finding { after_s, ..crash_finding() }));
        render("console", &events, Outcome::Findings)
    };
    assert!(
        page(Some(95)).contains("reproduced 2/3, seen 1 time, first told after 95 s"),
        "{}",
        page(Some(95))
    );
    assert!(!page(None).contains("told after"));
}

#[test]
fn no_byte_of_a_peer_steers_the_terminal() {
    let page = render("console", &broken(), Outcome::Findings);
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{page:?}");
    assert!(page.contains("\\u{1b}[2J"));
}

#[test]
fn colours_come_only_when_told() {
    let outcomes = Outcomes { whole: Outcome::Findings, runs: Vec::new() };
    let page =
        |colour| render_with("console", &broken(), &outcomes, Settings { colour, ..Settings::default() });
    assert!(!page(false).contains('\u{1b}'));
    assert!(page(true).contains("\u{1b}[1;31m"));
}

#[test]
fn only_lines_for_a_shell_are_wider_than_the_page() {
    for events in [clean(), broken(), known(), interrupted()] {
        for line in render("console", &events, CONFORMING).lines() {
            let shell = line.contains("printf ") || line.contains("qmprobe replay ");
            assert!(shell || line.chars().count() <= 100, "{line}");
        }
    }
}

#[test]
fn the_exact_bytes_are_shortened_in_the_middle() {
    let page = render("console", &[events::started(1), made(crash_finding())], Outcome::Findings);
    assert!(page.contains("bytes)…"), "{page}");
    assert!(page.len() < 8_000);
}

#[test]
fn known_defects_of_one_command_and_reason_are_one_row() {
    let mut events = clean();
    let finished = events.pop().unwrap();
    for occurrences in [3, 4] {
        let mut finding = crash_finding();
        finding.occurrences = occurrences;
        events.push(events::waived(finding, "asserts"));
    }
    events.push(finished);
    let page = render("console", &events, CONFORMING);
    assert!(page.contains("  peer-survives  object-add      7  asserts\n"), "{page}");
}

#[test]
fn recovery_is_a_table_of_classes_by_where_it_happened() {
    let mut events = clean();
    let bucket = |first, later, never| RecoveryBucket { first, later, never };
    let row = RecoveryRow {
        class: "reply-cut".to_owned(),
        tries_due: 2,
        cases: 22,
        places: [bucket(5, 0, 0), bucket(3, 4, 0), bucket(7, 2, 1), bucket(0, 0, 0)],
        tries_max: 4,
        skipped_max: 11,
        us_total: 2_200,
        ..RecoveryRow::default()
    };
    events.pop();
    events.push(Event::RunFinished(Summary { recovery: vec![row], ..summary() }));
    let page = render("console", &events, CONFORMING);
    assert!(page.contains("in step after one try 15, after more 6, never 1"), "{page}");
    let line = page.lines().find(|line| line.contains("reply-cut")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells, ["reply-cut", "5", "3+4", "7+2!1", "-", "4/2", "11", "100"]);
    assert!(!render("console", &clean(), CONFORMING).contains("in step"));
}
