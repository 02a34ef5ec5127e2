//! The dispatcher as a pure function: which answer, which id, which rule.

mod schema;

use qmprobe_check::{Accepted, Expectation, predict};
use qmprobe_wire::automaton::{Automaton, Model};
use qmprobe_wire::{Dialect, SessionState, Value};

fn expectations(mut state: SessionState, input: &str) -> Vec<Expectation> {
    let schema = schema::sample();
    let mut outcomes = Vec::new();
    Automaton::new(Model::V3_1).feed(input.as_bytes(), &mut outcomes);
    let mut made = Vec::new();
    for outcome in &outcomes {
        let expectation = predict(&schema, None, state, outcome);
        state = expectation.next;
        made.push(expectation);
    }
    made
}

fn expectation(state: SessionState, input: &str) -> Expectation {
    let mut made = expectations(state, input);
    assert_eq!(made.len(), 1, "{input}");
    made.remove(0)
}

const COMMAND: SessionState = SessionState::command_mode(Dialect::Qmp);
const FRESH: SessionState = SessionState::fresh(Dialect::Qmp);

#[test]
fn each_input_has_its_answer_and_its_rule() {
    let cases = [
        ("12\n", Accepted::GENERIC, "envelope-object"),
        ("{]\n", Accepted::GENERIC, "json-error-answered"),
        ("{}", Accepted::GENERIC, "envelope-execute"),
        (r#"{"execute":1}"#, Accepted::GENERIC, "envelope-execute"),
        (r#"{"execute":"query-status","arguments":[]}"#, Accepted::GENERIC, "envelope-arguments"),
        (r#"{"execute":"query-status","foo":1}"#, Accepted::GENERIC, "envelope-members"),
        (r#"{"execute":"nosuch","foo":1}"#, Accepted::GENERIC, "envelope-order"),
        (r#"{"execute":"nosuch"}"#, Accepted::NOT_FOUND, "command-not-found"),
        (r#"{"exec-oob":"oob-poke"}"#, Accepted::GENERIC, "oob-gate"),
        (r#"{"execute":"query-status"}"#, Accepted::RETURN, "basic-commands"),
        (r#"{"execute":"query-status","arguments":{}}"#, Accepted::RETURN, "envelope-arguments"),
        (r#"{"execute":"query-status","arguments":{"a":1}}"#, Accepted::GENERIC, "arguments-unknown"),
        (r#"{"execute":"all"}"#, Accepted::GENERIC, "arguments-required"),
        (r#"{"execute":"all","arguments":{"name":null}}"#, Accepted::GENERIC, "arguments-null"),
        (r#"{"execute":"qmp_capabilities"}"#, Accepted::NOT_FOUND, "negotiation-once"),
    ];
    for (input, accepted, rule) in cases {
        let expectation = expectation(COMMAND, input);
        assert_eq!((expectation.accepted, expectation.rule), (accepted, rule), "{input}");
    }
}

#[test]
fn before_negotiation_only_qmp_capabilities_runs() {
    let gate = expectation(FRESH, r#"{"execute":"query-status"}"#);
    assert_eq!((gate.accepted, gate.rule), (Accepted::NOT_FOUND, "negotiation-gate"));
    assert_eq!(expectation(FRESH, "{}").rule, "negotiation-malformed");
    let both = expectations(FRESH, r#"{"execute":"qmp_capabilities"}{"execute":"query-status"}"#);
    assert_eq!(both[1].accepted, Accepted::RETURN);
}

#[test]
fn a_refused_enable_leaves_the_mode_as_it_was() {
    let refused =
        r#"{"execute":"qmp_capabilities","arguments":{"enable":["nosuch"]}}{"execute":"query-status"}"#;
    let made = expectations(FRESH, refused);
    assert_eq!((made[0].accepted, made[0].rule), (Accepted::GENERIC, "negotiation-arguments"));
    assert_eq!((made[1].accepted, made[1].rule), (Accepted::NOT_FOUND, "negotiation-atomic"));
}

#[test]
fn out_of_band_execution_needs_the_capability_and_the_command() {
    let enable = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;
    let made =
        expectations(FRESH, &format!(r#"{enable}{{"exec-oob":"oob-poke"}}{{"exec-oob":"query-status"}}"#));
    assert!(made[1].accepted.has(Accepted::RETURN));
    assert!(made[1].out_of_band);
    assert_eq!((made[2].accepted, made[2].rule), (Accepted::GENERIC, "oob-allowed"));
    assert!(made[2].out_of_band);
    let rest =
        r#"{"exec-oob":"qmp_capabilities"}{"exec-oob":"nosuch"}{"exec-oob":1}{"execute":1,"exec-oob":1}{]"#;
    let made = expectations(FRESH, &format!("{enable}{rest}"));
    let answers = made[1..].iter().map(|one| (one.accepted, one.out_of_band));
    let expected = [
        (Accepted::GENERIC, true),
        (Accepted::NOT_FOUND, true),
        (Accepted::GENERIC, true),
        (Accepted::GENERIC, false),
        (Accepted::GENERIC, false),
    ];
    assert!(answers.eq(expected), "{made:?}");
    assert!(!expectation(COMMAND, r#"{"exec-oob":"oob-poke"}"#).out_of_band, "it is refused in its turn");
}

#[test]
fn a_capability_that_was_not_offered_is_refused() {
    let state = SessionState { oob_offered: false, ..FRESH };
    let enable = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;
    assert_eq!(expectation(state, enable).accepted, Accepted::GENERIC);
    let late = SessionState { oob_offered: false, ..COMMAND };
    assert_eq!(expectation(late, enable).accepted, Accepted::GENERIC.or(Accepted::NOT_FOUND));
    assert_eq!(expectation(COMMAND, enable).accepted, Accepted::NOT_FOUND);
}

#[test]
fn the_id_is_expected_back_from_values_but_not_from_json_errors() {
    assert_eq!(expectation(COMMAND, r#"{"id":[1],"execute":7}"#).id, Some(Value::Array(vec![Value::int(1)])));
    assert_eq!(expectation(COMMAND, r#"{"execute":"nosuch"}"#).id, None);
    assert!(expectation(COMMAND, r#"{"id":1,"id":2}"#).json_error);
}

#[test]
fn silent_commands_may_answer_with_an_error_only() {
    let silent = expectation(COMMAND, r#"{"execute":"guest-shutdown"}"#);
    assert!(silent.accepted.has(Accepted::NOTHING) && silent.accepted.has(Accepted::GENERIC));
    assert!(!silent.accepted.has(Accepted::RETURN));
}

#[test]
fn commands_that_check_their_own_arguments_are_not_held_to_the_schema() {
    let free = expectation(COMMAND, r#"{"execute":"device_add","arguments":{"driver":"x","y":1}}"#);
    assert!(free.accepted.has(Accepted::RETURN) && free.accepted.has(Accepted::GENERIC));
}
