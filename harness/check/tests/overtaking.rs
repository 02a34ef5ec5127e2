//! Replies that overtake others, and replies that must not.

mod conversation;
mod schema;

use conversation::{Say, breaches, fails};

/// What was sent at once, with out-of-band execution on, and what came: the rules that it breaks.
fn broken(sent: &'static str, replies: &[&'static str]) -> Vec<&'static str> {
    let said = [Say::OutOfBand, Say::Client(sent)].into_iter();
    let talk: Vec<Say> = said.chain(replies.iter().map(|reply| Say::Server(reply))).collect();
    fails(&talk).into_iter().collect()
}

const SENT: &str = r#"{"execute":"query-status","id":1}{]{"exec-oob":"oob-poke","id":2}{"execute":"query-status","id":3}{"exec-oob":"nosuch","id":4}{"exec-oob":1}"#;
const FIRST: &str = r#"{"return": {"running": true}, "id": 1}"#;
const MALFORMED: &str = r#"{"error": {"class": "GenericError", "desc": ""}}"#;
const POKED: &str = r#"{"return": {}, "id": 2}"#;
const THIRD: &str = r#"{"return": {"running": true}, "id": 3}"#;
const NO_SUCH: &str = r#"{"id": 4, "error": {"class": "CommandNotFound", "desc": ""}}"#;
const NO_NAME: &str = MALFORMED;

/// Rules about what is returned are another matter.
fn of_order(replies: &[&'static str]) -> Vec<&'static str> {
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
fn an_error_that_overtakes_without_its_id_answers_what_it_is_of_the_kind_for() {
    let unnamed = r#"{"error": {"class": "CommandNotFound", "desc": ""}}"#;
    for replies in [
        [POKED, unnamed, NO_NAME, FIRST, MALFORMED, THIRD],
        [FIRST, POKED, MALFORMED, unnamed, THIRD, NO_NAME],
    ] {
        assert_eq!(of_order(&replies), ["reply-id-echo"], "{replies:?}");
    }
}

#[test]
fn where_a_wrong_answer_may_be_that_of_either_nobody_is_blamed() {
    const TWO: &str = r#"{"execute":"query-status"}{"exec-oob":"oob-poke"}"#;
    const UNNAMED: &str = r#"{"error": {"class": "CommandNotFound", "desc": ""}}"#;
    assert_eq!(broken(TWO, &[UNNAMED, UNNAMED]), ["basic-commands"]);
    assert_eq!(broken(TWO, &[UNNAMED, r#"{"return": {}}"#]), ["basic-commands"]);
    const ALIKE: &str = r#"{"execute":"oob-poke"}{"exec-oob":"oob-poke"}"#;
    assert_eq!(broken(ALIKE, &[UNNAMED, r#"{"return": {}}"#]), Vec::<&str>::new());
    assert_eq!(broken(ALIKE, &[r#"{"return": {}}"#]), ["one-reply"]);
}

#[test]
fn what_was_enabled_without_being_offered_is_used() {
    const ENABLE: &str = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;
    const NONE: &str = r#"{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""}, "capabilities": []}}"#;
    const TWO: &str = r#"{"execute":"query-status","id":1}{"exec-oob":"oob-poke","id":2}"#;
    let replies = [Say::Server(r#"{"return": {"depth": 1}, "id": 1}"#), Say::Server(POKED)];
    let talk = |enabled: Say, [first, second]: [Say; 2]| {
        let opening = [Say::Connect, Say::Server(NONE), Say::Client(ENABLE), enabled];
        fails(&[&opening[..], &[Say::Client(TWO), first, second]].concat())
    };
    let [first, second] = replies;
    let wrongly = talk(Say::Server(r#"{"return": {}}"#), [second, first]);
    assert!(wrongly.contains("negotiation-arguments") && !wrongly.contains("reply-order"), "{wrongly:?}");
    assert!(talk(Say::Server(MALFORMED), [second, first]).contains("reply-order"));
}

#[test]
fn ids_tell_whose_a_wrong_answer_is() {
    // As if out-of-band execution were not there.
    let refused = |id: &str| -> &'static str {
        format!(r#"{{"id": {id}, "error": {{"class": "GenericError", "desc": ""}}}}"#).leak()
    };
    let replies = [FIRST, MALFORMED, refused("2"), THIRD, refused("4"), NO_NAME];
    assert!(!of_order(&replies).contains(&"reply-id-echo"));
    assert!(!of_order(&replies).contains(&"reply-order"));
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
    const ENABLE: &str = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;
    const NONE: &str = r#"{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""}, "capabilities": []}}"#;
    const OOB: &str = r#"{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""}, "capabilities": ["oob"]}}"#;
    let failed = |greeting| {
        let aim = Say::Aim("stream-predicted");
        let talk = [aim, Say::Connect, Say::Server(greeting), Say::Client(ENABLE), Say::Server(MALFORMED)];
        !fails(&talk).is_empty()
    };
    assert!(!failed(NONE));
    assert!(failed(OOB));
}

#[test]
fn the_first_of_a_row_that_stays_unanswered_explains_the_others() {
    const FOUR: &str = r#"{"execute":"query-status","id":1}{"execute":"query-status","id":2}{"exec-oob":"oob-poke","id":4}{"execute":"query-status","id":3}"#;
    const SECOND: &str = r#"{"return": {"running": true}, "id": 2}"#;
    const URGENT: &str = r#"{"return": {}, "id": 4}"#;
    let missing = |replies: &[&'static str]| {
        let said = [Say::OutOfBand, Say::Client(FOUR)].into_iter();
        let talk: Vec<Say> =
            said.chain(replies.iter().map(|reply| Say::Server(reply))).chain([Say::Timeout]).collect();
        breaches(&talk, "one-reply")
    };
    assert_eq!(missing(&[FIRST, URGENT]), 1, "the third waits behind the second");
    assert_eq!(missing(&[FIRST, URGENT, THIRD]), 1, "the second alone");
    assert_eq!(
        missing(&[URGENT, SECOND]),
        2,
        "the first was passed over, and nothing waits behind the third"
    );
    assert_eq!(missing(&[FIRST, SECOND, THIRD]), 1, "what is out of band waits behind nothing");
    assert_eq!(missing(&[FIRST, SECOND, URGENT, THIRD]), 0);
}
