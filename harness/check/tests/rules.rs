//! Every rule, on bytes written by hand: one conversation in which it fires, and it alone, and one in which it
//! has something to look at and is content.

mod conversation;
mod rows;
mod schema;

use conversation::{fails, passes};
use qmprobe_check::ALL;
use std::collections::BTreeSet;

/// Whether a breach of the second rule explains one of the first.
fn yields(rule: &str, other: &str) -> bool {
    qmprobe_check::find(rule).is_some_and(|rule| rule.terms.yields_to.contains(&other))
}

#[test]
fn each_rule_fires_alone_on_what_breaks_it() {
    for row in rows::all() {
        for (nth, talk) in row.breaks.iter().enumerate() {
            let failed = fails(talk);
            let explained = |rule: &&str| yields(rule, row.rule);
            let alone: BTreeSet<&str> = failed.iter().copied().filter(|rule| !explained(rule)).collect();
            assert_eq!(alone, BTreeSet::from([row.rule]), "{} {nth}", row.rule);
        }
    }
}

#[test]
fn each_rule_is_content_with_what_keeps_it() {
    for row in rows::all() {
        assert_eq!(fails(row.keeps), BTreeSet::new(), "{}", row.rule);
        assert!(passes(row.keeps).contains(row.rule), "{} looked at nothing", row.rule);
    }
}

#[test]
fn no_two_rules_have_one_id() {
    let ids: BTreeSet<&str> = ALL.iter().map(|rule| rule.id).collect();
    assert_eq!(ids.len(), ALL.len());
}

#[test]
fn no_rule_is_without_a_row() {
    let rows: BTreeSet<&str> = rows::all().map(|row| row.rule).collect();
    let rules: BTreeSet<&str> = ALL.iter().map(|rule| rule.slug).collect();
    assert_eq!(rows, rules);
}

#[test]
fn no_two_rules_explain_each_other() {
    let slug = |name: &'static str| name.split('/').next().unwrap_or(name);
    for rule in ALL {
        for explains in rule.terms.yields_to.iter().copied().map(slug) {
            let other = qmprobe_check::find(explains);
            let other = other.unwrap_or_else(|| panic!("{} yields to no rule: {explains}", rule.slug));
            let back = other.terms.yields_to.iter().copied().map(slug).any(|name| name == rule.slug);
            assert!(!back, "{} and {explains}", rule.slug);
        }
    }
}

#[test]
fn a_reset_that_was_made_a_shutdown_may_end_a_monitor_that_says_so() {
    use conversation::Say::{Client, Exit, Server};
    let reset = Client(r#"{"execute":"system_reset","id":1}"#);
    let event = Server(
        r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": {"guest": false}}"#,
    );
    let returned = Server(r#"{"return": {}, "id": 1}"#);
    let ends = |asked, event| !fails(&[asked, event, returned, Exit]).contains("peer-survives");
    assert!(ends(reset, event));
    assert!(!ends(reset, returned));
    assert!(!ends(Client(r#"{"execute":"query-status","id":1}"#), event));
}
