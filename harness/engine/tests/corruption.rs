//! Each corruption does what it claims, and no more: by QEMU's automaton and dispatcher as they are modelled.

use qmprobe_check::stream::{Peer, Predicted, predict_stream};
use qmprobe_check::{Accepted, find};
use qmprobe_generate::corruption::{ALL, Claim, Command, Corruption, Weight};
use qmprobe_generate::{Entropy, Streams};
use qmprobe_schema::{Schema, shipped};
use qmprobe_wire::automaton::{Automaton, Model, Outcome, Stage};
use qmprobe_wire::{Dialect, SessionState, Start, Step, escape};
use std::collections::BTreeSet;

const MODELS: [Model; 2] = [Model::V3_1, Model::V11];
/// What resynchronises and is then answered.
const AFTER: &[u8] = b"\n\xff\n{\"execute\":\"query-name\",\"id\":\"after\"}\n";

fn schema(name: &str) -> Schema {
    shipped(name).expect("shipped").expect("well-formed")
}

fn predicted(schema: &Schema, model: Model, stream: &[u8]) -> Vec<Predicted> {
    let peer = Peer { schema, version: None, model };
    predict_stream(&peer, SessionState::command_mode(Dialect::Qmp), stream)
}

fn stages(model: Model, stream: &[u8]) -> Vec<Option<Stage>> {
    let mut outcomes = Vec::new();
    Automaton::new(model).feed(stream, &mut outcomes);
    let stage = |outcome: &Outcome| match outcome {
        Outcome::Value { .. } => None,
        Outcome::Error { stage, .. } => Some(*stage),
    };
    outcomes.iter().map(stage).collect()
}

fn is_carried_out(one: &Predicted) -> bool {
    one.expectation.accepted == Accepted::RETURN
}

/// Whether the corruption does what it claims, to this command.
fn holds(schema: &Schema, model: Model, corruption: &Corruption, bytes: &[u8]) -> bool {
    let line = [bytes, b"\n"].concat();
    let made = predicted(schema, model, &line);
    let stages = stages(model, &line);
    let carried_out = made.iter().filter(|one| is_carried_out(one)).count();
    let held = match corruption.claim {
        // A torn keyword is told before the byte that tears it, by those who tell at once.
        Claim::Refused(_) if model == Model::V11 => {
            stages.first().is_some_and(Option::is_some) && carried_out == 0
        }
        Claim::Refused(stage) => stages.first() == Some(&Some(stage)) && carried_out == 0,
        Claim::Preceded(stage) => stages == [Some(stage), None] && carried_out == 1,
        Claim::Followed(stage) => stages == [None, Some(stage)] && carried_out == 1,
        Claim::Dispatched => {
            stages == [None] && carried_out == 0 && made[0].expectation.rule == corruption.breaks
        }
        Claim::Unfinished => predicted(schema, model, bytes).is_empty(),
        Claim::Harmless => stages == [None] && carried_out == 1,
        Claim::Recoverable => true,
    };
    let recovered = predicted(schema, model, &[bytes, AFTER].concat());
    held && recovered.last().is_some_and(|last| is_carried_out(last) && last.expectation.id.is_some())
}

#[test]
fn each_corruption_breaks_what_it_claims_to_break() {
    let monitor = schema("qemu-7.2");
    let commands = [
        Command::new("query-name", None, "7"),
        Command::new("query-status", Some("{}"), "\"\\u00e9\""),
        Command::new("query-version", None, "[1,{\"a\":null}]"),
    ];
    for corruption in ALL {
        let rounds = match corruption.weight {
            Weight::Light => 200,
            Weight::Heavy => 4,
            Weight::Huge => 1,
        };
        for round in 0..rounds {
            let mut entropy = Entropy::new(1, round);
            let command = entropy.pick(&[0, 1, 2]);
            let bytes = corruption.apply(&commands[command], &mut entropy);
            for model in MODELS {
                let shown = escape::escape_short(&bytes, 200);
                assert!(
                    holds(&monitor, model, corruption, &bytes),
                    "{} by {model:?}: {shown}",
                    corruption.name
                );
            }
        }
    }
}

#[test]
fn a_claim_that_does_not_hold_is_noticed() {
    let monitor = schema("qemu-7.2");
    let sound = Command::new("query-name", None, "7").bytes();
    for corruption in ALL.iter().filter(|one| !matches!(one.claim, Claim::Harmless | Claim::Recoverable)) {
        assert!(!holds(&monitor, Model::V3_1, corruption, &sound), "{}", corruption.name);
    }
    let harmless = ALL.iter().find(|one| one.claim == Claim::Harmless).expect("one");
    assert!(!holds(&monitor, Model::V3_1, harmless, b"{}"));
}

#[test]
fn each_corruption_has_a_name_of_its_own_and_a_rule() {
    let names: BTreeSet<&str> = ALL.iter().map(|corruption| corruption.name).collect();
    assert_eq!(names.len(), ALL.len());
    for corruption in ALL {
        assert!(find(corruption.breaks).is_some(), "{}", corruption.breaks);
        assert!(corruption.statement.ends_with('.'), "{}", corruption.name);
    }
}

fn bytes_of(steps: &[Step]) -> Vec<u8> {
    let bytes = steps.iter().map(|step| match step {
        Step::Push(bytes) | Step::Send(bytes) => bytes.clone(),
        other => panic!("{other:?} in a stream"),
    });
    bytes.collect::<Vec<_>>().concat()
}

#[test]
fn a_stream_follows_from_its_number_and_ends_with_a_command_that_is_answered() {
    for (name, dialect) in [("qemu-7.2", Dialect::Qmp), ("qga-10.0", Dialect::Qga)] {
        let schema = schema(name);
        let streams = Streams::new(&schema, dialect, 5);
        let mut different = BTreeSet::new();
        for nth in 0..500 {
            let case = streams.case(nth);
            assert_eq!(case, Streams::new(&schema, dialect, 5).case(nth));
            let bytes = bytes_of(&case.steps);
            assert!(streams.is_harmless(&bytes), "{}", case.name);
            let state = match case.start {
                Start::Command => SessionState::command_mode(dialect),
                _ => SessionState::fresh(dialect),
            };
            for model in MODELS {
                let made = predict_stream(&Peer { schema: &schema, version: None, model }, state, &bytes);
                let last = made.last().expect("a reply");
                let id = last.expectation.id.as_ref().and_then(|id| id.as_str());
                assert_eq!(id, Some(format!("end-{nth}").as_str()));
            }
            different.insert(bytes);
        }
        assert_eq!(different.len(), 500);
    }
}

#[test]
fn a_stream_that_would_run_something_else_is_noticed() {
    let schema = schema("qemu-7.2");
    let streams = Streams::new(&schema, Dialect::Qmp, 0);
    assert!(streams.is_harmless(b"{\"execute\":\"query-name\"} {\"execute\":\"no-such\"} {\"execute\":1}"));
    assert!(!streams.is_harmless(b"\xff {\"exec\\u0075te\":\"quit\"}"));
    assert!(!streams.is_harmless(b"{\"exec-oob\":\"migrate-pause\"}"));
    assert!(streams.is_harmless(b"{\"exec-oob\":\"query-yank\"} {\"exec-oob\":\"quit\"}"));
    let oob = |rest: &[u8]| {
        let enable = br#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;
        streams.is_harmless(&[enable, rest].concat())
    };
    assert!(oob(b"\xff\xff}} 1 ,2 ]"));
    assert!(!oob(b"1,"), "two errors of one byte end QEMU");
    assert!(streams.is_harmless(b"1,"));
}
