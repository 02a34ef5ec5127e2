//! Replies that overtake others, and replies that must not.

mod schema;

use qmprobe_check::{Outcome, judge};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{
    Case, CaseId, Dialect, Ending, Exchange, ExchangeEnd, Frame, Framer, Limits, Received, SessionState,
    Start, Transcript,
};
use std::sync::Arc;

/// What was sent at once, with out-of-band execution on, and what came.
fn transcript(sent: &str, replies: &[&str]) -> Transcript {
    let mut framer = Framer::new(&Limits::default());
    framer.feed(replies.join("\r\n").as_bytes());
    framer.feed(b"\r\n");
    let frames = std::iter::from_fn(|| framer.next_unterminated());
    let received = frames.filter(|frame| matches!(frame, Frame::Message(_)));
    let exchange = Exchange {
        step: Some(0),
        connection: 0,
        opened: false,
        sent: sent.into(),
        received: received.map(|frame| Received { at_us: 0, frame }).collect(),
        end: ExchangeEnd::Complete,
        sent_us: 0,
        attempt: None,
    };
    let case = Case {
        id: CaseId { seed: 0, index: 0 },
        name: String::new(),
        command: None,
        aim: None,
        start: Start::Command,
        steps: Vec::new(),
    };
    Transcript {
        case: Arc::new(case),
        dialect: Dialect::Qmp,
        version: None,
        model: Model::V3_1,
        start: SessionState { oob: true, ..SessionState::command_mode(Dialect::Qmp) },
        exchanges: vec![exchange],
        ending: Ending::Alive,
    }
}

fn broken(sent: &str, replies: &[&str]) -> Vec<&'static str> {
    let verdicts = judge(&schema::sample(), &transcript(sent, replies));
    let failed = verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Fail(_)));
    failed.map(|verdict| verdict.rule.slug).collect()
}

const SENT: &str = r#"{"execute":"query-status","id":1}{]{"exec-oob":"oob-poke","id":2}{"execute":"query-status","id":3}{"exec-oob":"nosuch","id":4}{"exec-oob":1}"#;
const FIRST: &str = r#"{"return": {"running": true}, "id": 1}"#;
const MALFORMED: &str = r#"{"error": {"class": "GenericError", "desc": ""}}"#;
const POKED: &str = r#"{"return": {}, "id": 2}"#;
const THIRD: &str = r#"{"return": {"running": true}, "id": 3}"#;
const NO_SUCH: &str = r#"{"id": 4, "error": {"class": "CommandNotFound", "desc": ""}}"#;
const NO_NAME: &str = MALFORMED;

/// Rules about what is returned are another matter.
fn of_order(replies: &[&str]) -> Vec<&'static str> {
    let mut rules = broken(SENT, replies);
    rules.retain(|rule| !rule.starts_with("return"));
    rules
}

#[test]
fn what_is_out_of_band_overtakes_errors_included() {
    for replies in [
        [FIRST, MALFORMED, POKED, THIRD, NO_SUCH, NO_NAME],
        [POKED, NO_SUCH, NO_NAME, FIRST, MALFORMED, THIRD],
        [POKED, FIRST, NO_SUCH, MALFORMED, THIRD, NO_NAME],
    ] {
        assert_eq!(of_order(&replies), Vec::<&str>::new(), "{replies:?}");
    }
}

#[test]
fn what_is_in_band_does_not_overtake() {
    assert_eq!(of_order(&[POKED, THIRD, MALFORMED, NO_SUCH, NO_NAME, FIRST]), ["reply-order"]);
}

#[test]
fn a_reply_that_is_lost_among_overtaking_ones_is_missed() {
    assert_eq!(of_order(&[POKED, NO_SUCH, NO_NAME, FIRST, MALFORMED]), ["one-reply"]);
    assert_eq!(of_order(&[POKED, FIRST, NO_SUCH, MALFORMED, NO_NAME]), ["one-reply"]);
}

#[test]
fn an_overtaking_reply_of_the_wrong_class_is_laid_at_its_own_door() {
    let generic = r#"{"id": 4, "error": {"class": "GenericError", "desc": ""}}"#;
    assert_eq!(of_order(&[generic, POKED, FIRST, MALFORMED, THIRD, NO_NAME]), ["oob-gate"]);
}

#[test]
fn a_capability_that_the_greeting_does_not_offer_is_not_expected_in_a_stream() {
    let enable = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;
    let version = r#"{"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""}"#;
    let failed = |capabilities: &str| {
        let greeting = format!(r#"{{"QMP": {{"version": {version}, "capabilities": {capabilities}}}}}"#);
        let mut transcript = transcript(enable, &[&greeting, MALFORMED]);
        transcript.start = SessionState::fresh(Dialect::Qmp);
        transcript.exchanges[0].opened = true;
        Arc::make_mut(&mut transcript.case).aim = Some("stream-predicted".to_owned());
        let verdicts = judge(&schema::sample(), &transcript);
        verdicts.iter().any(|verdict| matches!(verdict.outcome, Outcome::Fail(_)))
    };
    assert!(!failed("[]"));
    assert!(failed(r#"["oob"]"#));
}
