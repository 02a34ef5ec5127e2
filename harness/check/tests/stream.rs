//! Where the replies to a stream first differ from the prediction, and where they do not.

mod schema;

use qmprobe_check::stream::{Came, Peer, difference, predict_stream};
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{Dialect, Frame, Framer, Limits, Message, SessionState, Version};

fn messages(output: &str) -> Vec<Message> {
    let mut framer = Framer::new(&Limits::default());
    framer.feed(output.as_bytes());
    let frames = std::iter::from_fn(|| framer.next_unterminated());
    let messages = frames.map(|frame| match frame {
        Frame::Message(message) => message,
        other => panic!("{other:?} is no message"),
    });
    messages.collect()
}

/// The kind of difference between the prediction and these replies, given one per line.
fn differs(
    schema: &Schema,
    model: Model,
    version: Option<Version>,
    stream: &[u8],
    output: &str,
) -> Option<&'static str> {
    let peer = Peer { schema, version, model };
    let messages = messages(output);
    let came: Vec<Came<'_>> = messages.iter().map(|reply| Came { reply, sentinel: false }).collect();
    let predicted = predict_stream(&peer, SessionState::command_mode(Dialect::Qmp), stream);
    difference(&peer, Dialect::Qmp, stream, &predicted, &came).map(|difference| difference.kind)
}

const GENERIC: &str = r#"{"error": {"class": "GenericError", "desc": ""}}"#;
const LAST: &str = r#"{"return": {}, "id": "end"}"#;

fn strict(stream: &str, replies: &[&str]) -> Option<&'static str> {
    differs(&schema::sample(), Model::V3_1, None, stream.as_bytes(), &replies.join("\n"))
}

fn tolerant(stream: &[u8], replies: &[&str]) -> Option<&'static str> {
    differs(&schema::sample(), Model::Tolerant, None, stream, &replies.join("\n"))
}

#[test]
fn each_kind_of_difference_has_its_word() {
    let stream = r#"{]{"execute":"query-status","id":1}{"execute":"nosuch"}"#;
    let returned = r#"{"return": {}, "id": 1}"#;
    let not_found = r#"{"error": {"class": "CommandNotFound", "desc": ""}}"#;
    assert_eq!(strict(stream, &[GENERIC, returned, not_found]), None);
    assert_eq!(strict(stream, &[returned, not_found]), Some("missing"));
    assert_eq!(strict(stream, &[GENERIC, returned]), Some("missing"));
    assert_eq!(strict(stream, &[GENERIC, GENERIC, returned, not_found]), Some("surplus"));
    assert_eq!(strict(stream, &[GENERIC, returned, GENERIC]), Some("class"));
    assert_eq!(strict(stream, &[GENERIC, not_found, returned]), Some("class"));
    assert_eq!(strict(stream, &[GENERIC, r#"{"return": {}, "id": 2}"#, not_found]), Some("id"));
    assert_eq!(strict(stream, &[GENERIC, r#"{"return": {}}"#, not_found]), Some("id"));
}

#[test]
fn with_out_of_band_execution_replies_overtake_in_a_stream() {
    let stream = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}{"execute":"query-status","id":1}{"exec-oob":"nosuch","id":2}{]"#;
    let not_found = r#"{"error": {"class": "CommandNotFound", "desc": ""}, "id": 2}"#;
    let (enabled, returned) = (r#"{"return": {}}"#, r#"{"return": {}, "id": 1}"#);
    let schema = schema::sample();
    let fresh = |model, replies: &[&str]| {
        let peer = Peer { schema: &schema, version: None, model };
        let messages = messages(&replies.join("\n"));
        let came: Vec<Came<'_>> = messages.iter().map(|reply| Came { reply, sentinel: false }).collect();
        let predicted = predict_stream(&peer, SessionState::fresh(Dialect::Qmp), stream.as_bytes());
        difference(&peer, Dialect::Qmp, stream.as_bytes(), &predicted, &came)
            .map(|difference| difference.kind)
    };
    for model in [Model::V3_1, Model::V11, Model::Tolerant] {
        assert_eq!(fresh(model, &[enabled, returned, not_found, GENERIC]), None);
        assert_eq!(fresh(model, &[enabled, not_found, returned, GENERIC]), None);
    }
    assert_eq!(fresh(Model::V3_1, &[enabled, not_found, returned]), Some("missing"));
    assert_eq!(fresh(Model::V3_1, &[enabled, not_found, GENERIC, returned]), Some("class"));
    assert_eq!(fresh(Model::V3_1, &[enabled, returned, GENERIC]), Some("missing"));
    assert_eq!(fresh(Model::V3_1, &[enabled, not_found, returned, GENERIC, GENERIC]), Some("surplus"));
}

#[test]
fn a_missing_sentinel_is_a_difference() {
    let schema = schema::sample();
    let peer = Peer { schema: &schema, version: None, model: Model::V3_1 };
    let messages = messages(GENERIC);
    let predicted = predict_stream(&peer, SessionState::command_mode(Dialect::Qga), b"{]");
    let kind = |sentinel| {
        let came = [Came { reply: &messages[0], sentinel }];
        difference(&peer, Dialect::Qga, b"{]", &predicted, &came).map(|difference| difference.kind)
    };
    assert_eq!(kind(false), None);
    assert_eq!(kind(true), Some("sentinel"));
}

#[test]
fn of_another_parser_only_an_error_and_the_last_reply_are_demanded() {
    let stream = b"{\"execute\":\"query-status\",\"id\":1}\n{\"id\":}\n\xff\n{\"execute\":\"query-status\",\"id\":\"end\"}\n";
    let first = r#"{"return": {}, "id": 1}"#;
    for errors in 1..6 {
        let replies = [&[first][..], &vec![GENERIC; errors], &[LAST]].concat();
        assert_eq!(tolerant(stream, &replies), None, "{errors} errors");
    }
    assert_eq!(tolerant(stream, &[first, LAST]), Some("missing"));
    // Where its parser takes up again is its own affair.
    assert_eq!(tolerant(stream, &[GENERIC, LAST]), None);
    assert_eq!(tolerant(stream, &[first, GENERIC, LAST, GENERIC]), Some("class"));
    assert_eq!(tolerant(stream, &[first, GENERIC, GENERIC, first]), Some("id"));
}

#[test]
fn what_shares_a_line_with_malformed_text_may_be_refused_along_with_it() {
    let stream =
        b"{\"execute\":\"query-status\",\"id\":1}}\n\xff\n{\"execute\":\"query-status\",\"id\":\"end\"}\n";
    assert_eq!(tolerant(stream, &[GENERIC, GENERIC, LAST]), None);
    assert_eq!(tolerant(stream, &[r#"{"return": {}, "id": 1}"#, GENERIC, GENERIC, LAST]), None);
}

#[test]
fn a_stream_without_errors_is_held_to_every_reply_of_any_parser() {
    let stream = b"{\"execute\":\"query-status\",\"id\":1}\n{\"execute\":\"query-status\",\"id\":\"end\"}";
    assert_eq!(tolerant(stream, &[r#"{"return": {}, "id": 1}"#, LAST]), None);
    assert_eq!(tolerant(stream, &[LAST]), Some("missing"));
}

#[test]
fn old_versions_print_doubles_with_six_decimals() {
    let stream = br#"{"execute":"query-status","id":[0.12345678]}"#;
    let reply = r#"{"return": {}, "id": [0.123457]}"#;
    let at = |major, minor| {
        differs(&schema::sample(), Model::V3_1, Some(Version::new(major, minor)), stream, reply)
    };
    assert_eq!(at(5, 2), None);
    assert_eq!(at(7, 2), Some("id"));
}
