//! The oracles held against the reference peer: without a bug there is no finding, and each bug is reported by
//! the rule that it breaks and by no other. Runs what may be sent to anybody's peer.

mod embedded;

use qmprobe_engine::safety::Class;
use qmprobe_reference::Bug;
use qmprobe_wire::{Dialect, Limits};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Campaigns at once: they wait more than they work.
const WORKERS: usize = 6;

/// Bugs that only commands show which a stranger's peer is not sent.
const NEEDS_MORE_THAN_OBSERVING: &[&str] =
    &["agent-outlives-client", "descriptor-required", "silent-success"];

/// Bugs that one rule cannot be blamed for alone, with the rules that may speak besides their own.
const ALSO: &[(&str, &[&str])] = &[
    // The stray reply is taken for the answer to a command, whose own answer then comes one too late.
    ("reply-to-next-client", &["return-required", "return-type", "return-undeclared", "return-empty"]),
];

fn findings(dialect: Dialect, bug: Option<&'static Bug>) -> BTreeSet<String> {
    let name = if dialect == Dialect::Qmp { "qemu-7.2" } else { "qga-10.0" };
    let schema = Arc::new(qmprobe_schema::shipped(name).expect("shipped").expect("well-formed"));
    let destroying = bug.is_some_and(|bug| NEEDS_MORE_THAN_OBSERVING.contains(&bug.rule));
    let found = embedded::findings(dialect, schema, bug.into_iter().collect(), |options| {
        options.allow = if destroying { Class::Destroying } else { Class::Observing };
        options.limits = Limits {
            step_ms_max: 1_500,
            greeting_ms_max: 1_500,
            message_bytes_max: 1 << 20,
            ..Limits::default()
        };
    });
    found.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn the_reference_peer_without_a_bug_gives_no_finding() {
    for dialect in [Dialect::Qmp, Dialect::Qga] {
        assert_eq!(findings(dialect, None), BTreeSet::new(), "{dialect:?}");
    }
}

#[test]
fn each_bug_is_reported_by_its_own_rule_and_by_no_other() {
    let bugs = qmprobe_reference::bugs();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(bug) = bugs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = findings(bug.dialect, Some(bug));
                    let also =
                        ALSO.iter().find(|(name, _)| *name == bug.name).map_or(&[][..], |(_, also)| also);
                    let stray = found.iter().any(|rule| rule != bug.rule && !also.contains(&rule.as_str()));
                    if !found.contains(bug.rule) || stray {
                        let text = format!("{}: {} expected, {found:?} found", bug.name, bug.rule);
                        wrong.lock().expect("no panic holds it").push(text);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("no panic holds it");
    assert!(bugs.len() >= 100, "{} bugs", bugs.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rule about servers that read with a JSON library, which is no bug: see `strict_json.rs`.
const OF_A_LIBRARY: &str = "json-leniency";

#[test]
fn every_rule_has_a_bug_and_every_bug_a_rule() {
    let broken: BTreeSet<&str> = qmprobe_reference::bugs().iter().map(|bug| bug.rule).collect();
    let rules = qmprobe_check::ALL.iter().map(|rule| rule.slug);
    assert_eq!(broken, rules.filter(|slug| *slug != OF_A_LIBRARY).collect());
}
