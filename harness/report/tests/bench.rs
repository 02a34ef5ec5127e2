//! The table of a bench, as a snapshot, and what must hold of its plot.

use qmprobe_engine::bench::statistics::{Interval, Sitting, Word};
use qmprobe_engine::bench::{Against, Bench, Comparison, Fault, Figures, Record};
use qmprobe_report::bench::{svg, table};
use std::collections::BTreeMap;

fn figures(p50_us: f64) -> Figures {
    let sitting = Sitting((1..=100).map(|n| ((p50_us * 10.0) as u64 * (50 + n), 1)).collect());
    Figures {
        samples: 1200,
        ops_per_s: 1e6 / p50_us,
        p50_us,
        p90_us: p50_us * 1.2,
        p99_us: p50_us * 2.0,
        p999_us: p50_us * 9.0,
        max_us: p50_us * 40.0,
        client_cpu_us: 8.125,
        peer_cpu_us: Some(p50_us * 0.9),
        rss_growth_kib: Some(4),
        sittings: vec![sitting; 12],
    }
}

fn record(peer: &str, factor: f64) -> Record {
    let commands =
        [("query-status", 212.0), ("query-commands", 431.0), ("x-query-with-a-very-long-name", 1200.0)];
    Record {
        peer: peer.to_owned(),
        pipeline: 1,
        cold_start_us: Some(46_900.0),
        connect_us: Some(270.0),
        rss_kib: Some(33_552),
        commands: commands.into_iter().map(|(name, us)| (name.to_owned(), figures(us * factor))).collect(),
        ..Record::default()
    }
}

fn compared() -> Bench {
    let interval = |low, ratio, high| Some(Interval { low, ratio, high });
    let one = |p50, p50_word, p99, p99_word, word| Comparison {
        p50,
        p50_word,
        p99,
        p99_word,
        word,
        over_budget: word == Word::Slower,
    };
    use Word::{NoDecision, Same, Slower};
    let commands = BTreeMap::from([
        ("query-status".to_owned(), one(interval(1.12, 1.15, 1.18), Slower, None, NoDecision, Slower)),
        (
            "query-commands".to_owned(),
            one(interval(0.99, 1.0, 1.01), Same, interval(1.2, 1.5, 3.9), Slower, Slower),
        ),
        (
            "x-query-with-a-very-long-name".to_owned(),
            one(interval(0.98, 1.0, 1.02), Same, interval(0.7, 1.1, 2.0), NoDecision, Same),
        ),
    ]);
    let fault = Fault {
        peer: "QEMU 10.0.2 (qemu)".into(),
        rule: "return-undeclared".into(),
        command: "query-status".into(),
        class: "undeclared".into(),
        schema_path: "query-status.returns.\u{1b}[2Jextra".into(),
        expected: "no such member".into(),
        actual: "integer 1".into(),
        sent: "{\"execute\":\"query-status\",\"id\":10}".into(),
        received: format!("{{\"return\": {{\"extra\": \"{}\"}}}}", "x".repeat(300)),
        count: 1200,
    };
    Bench {
        record: record("QEMU 10.0.2 (qemu)", 1.15),
        against: Some(Against { record: record("QEMU 7.2.22 (<qemu>)", 1.0), in_turns: true, commands }),
        faults: vec![fault],
        complete: false,
        notes: vec!["the baseline was measured on another machine".into()],
        budget: 0.1,
    }
}

#[test]
fn a_comparison_with_a_finding() {
    insta::assert_snapshot!(table(&compared()));
}

#[test]
fn the_table_is_narrow_and_no_peer_steers_the_terminal() {
    let page = table(&compared());
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    assert!(page.chars().all(|c| c == '\n' || !c.is_control()), "{page:?}");
}

#[test]
fn a_plot_has_a_curve_for_each_command_of_each_peer_and_escapes_names() {
    let plot = svg(&compared());
    assert_eq!(plot.matches("<polyline").count(), 6);
    assert!(plot.contains("(&lt;qemu&gt;)") && !plot.contains("NaN") && !plot.contains("inf"), "{plot}");
    let nothing = Bench { record: Record::default(), against: None, ..compared() };
    assert!(svg(&nothing).ends_with("</svg>\n"));
}
