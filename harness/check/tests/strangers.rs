//! What an agent may do that QEMU's does not, and where its replies come in another order than they are due.

mod conversation;
mod schema;

use conversation::Say::{
    Aim, Client, Close, Connect, Crash, Hang, Library, Qga, Quiet, Raw, Server, Stranger, Timeout, Tried,
};
use conversation::{Say, classes, fails, fails_without};
use std::collections::BTreeSet;

const ERROR: Say = Server(r#"{"error": {"class": "GenericError", "desc": ""}}"#);
const NOT_FOUND: Say = Server(r#"{"error": {"class": "CommandNotFound", "desc": ""}}"#);
const SYNC: Say = Client("\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}");
const SYNCED: Say = Server("\u{ff}{\"return\": 7}");

fn none() -> BTreeSet<&'static str> {
    BTreeSet::new()
}

#[test]
fn a_parser_that_knows_no_limit_of_nesting_may_take_a_deep_text_for_one() {
    let deep: &'static str = Box::leak(
        format!(
            "{}\u{ff}{{\"execute\":\"guest-sync-delimited\",\"arguments\":{{\"id\":7}}}}",
            "{\"a\":".repeat(2100)
        )
        .into_boxed_str(),
    );
    let talk = [Qga, Client(deep), ERROR, SYNCED, Tried(true)];
    assert!(fails(&talk).contains("envelope-object"), "QEMU reads strings there");
    assert_eq!(fails(&[&talk[..], &[Stranger]].concat()), none());
}

#[test]
fn what_is_too_deep_for_qemu_may_be_a_value_of_the_wrong_kind_to_another_parser() {
    let deep = Client(Box::leak(["[".repeat(1025), "]".repeat(1025)].concat().into_boxed_str()));
    let talk = [Qga, deep, NOT_FOUND, SYNC, ERROR, SYNCED];
    assert!(fails(&talk).contains("json-error-answered"));
    assert_eq!(fails(&[&talk[..], &[Stranger]].concat()), none());
    let flat = [Qga, Stranger, Client("]"), NOT_FOUND, SYNC, ERROR, SYNCED];
    assert_eq!(fails(&flat), BTreeSet::from(["json-error-answered"]));
}

#[test]
fn an_agent_that_answers_malformed_text_with_a_success_answers_more_of_it_so() {
    let text = "{\"execute\":\"guest-ping\"}\n\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":117\u{ff}";
    let first = Client(Box::leak(format!("{text}{{\"return\": 1}}\n06800}}}}").into_boxed_str()));
    let empty = Server(r#"{"return": {}}"#);
    let came = [first, empty, empty, empty, ERROR, ERROR, ERROR, empty, Tried(false)];
    let then = [SYNC, empty, empty, SYNCED, Tried(true)];
    let talk = [&[Qga, Stranger], &came[..], &then].concat();
    assert_eq!(fails(&talk), BTreeSet::from(["json-error-answered"]));
}

#[test]
fn an_error_that_comes_with_the_next_try_is_no_surplus_where_one_was_owed() {
    let late = [Qga, Client("{\u{ff}"), Tried(false), SYNC, ERROR, ERROR, SYNCED, Tried(true)];
    assert_eq!(fails(&late), none());
    let surplus = [Qga, Client("{\u{ff}"), ERROR, Tried(false), SYNC, ERROR, ERROR, SYNCED, Tried(true)];
    assert_eq!(fails(&surplus), BTreeSet::from(["one-reply"]));
}

#[test]
fn where_an_error_may_stay_out_the_only_reply_belongs_to_what_must_be_answered() {
    let refused = Client("\u{ff}{\"execute\":\"nosuch\"}");
    assert_eq!(fails(&[Qga, refused, NOT_FOUND]), none());
    assert_eq!(fails(&[Qga, refused, ERROR, NOT_FOUND]), none());
    assert_eq!(fails(&[Qga, refused, ERROR, ERROR]), BTreeSet::from(["command-not-found"]));
}

#[test]
fn a_reply_that_comes_twice_is_surplus_and_nothing_else() {
    let refused = Client("\u{ff}{\"execute\":\"nosuch\"}");
    for talk in [
        vec![Qga, SYNC, ERROR, SYNCED, SYNCED],
        vec![Qga, SYNC, ERROR, ERROR, SYNCED, SYNCED],
        vec![Qga, refused, ERROR, ERROR, NOT_FOUND, NOT_FOUND],
        vec![Qga, refused, ERROR, ERROR, NOT_FOUND],
    ] {
        assert_eq!(fails(&talk), BTreeSet::from(["one-reply"]), "{talk:?}");
    }
}

#[test]
fn what_was_lost_with_its_peer_was_not_answered_by_an_error_before() {
    let text = Client("\u{ff}\u{ff}{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"x\"},\"id\":1}");
    let answered = [text, ERROR, ERROR];
    assert_eq!(fails(&[&answered[..], &[Crash]].concat()), BTreeSet::from(["peer-survives"]));
    assert_eq!(fails(&[&answered[..], &[Timeout]].concat()), BTreeSet::from(["one-reply"]));
    assert_eq!(fails(&[&answered[..], &[ERROR]].concat()), BTreeSet::from(["reply-id-echo"]));
}

#[test]
fn an_agent_that_closes_at_once_is_lost() {
    assert_eq!(fails(&[Qga, Connect, Close]), BTreeSet::from(["peer-survives"]));
    assert!(!fails(&[Connect, Close]).contains("peer-survives"), "the greeting's rule speaks of monitors");
}

#[test]
fn a_command_that_guest_info_does_not_offer_is_not_there() {
    let absent = [Qga, Aim("guest-info-agrees"), Client("{\"execute\":\"guest-absent\"}")];
    let there = Server("{\"return\": {}}");
    assert_eq!(fails(&[&absent[..], &[NOT_FOUND]].concat()), none());
    assert_eq!(fails(&[&absent[..], &[there]].concat()), BTreeSet::from(["guest-info-agrees"]));
    let (aim, made_up) = (Aim("guest-info-agrees"), Client("{\"execute\":\"qmprobe-no-such-command\"}"));
    let (refused, there) = ([Qga, aim, made_up, ERROR], [Qga, aim, made_up, NOT_FOUND]);
    let both = |made_up: &[Say]| fails(&[made_up, &absent[2..], &[ERROR]].concat());
    assert_eq!(both(&refused), BTreeSet::from(["command-not-found"]));
    assert_eq!(both(&there), BTreeSet::from(["guest-info-agrees"]));
}

#[test]
fn a_name_in_guest_info_that_is_no_text_is_no_command_left_out() {
    let listed = |name: &str| {
        let info = conversation::INFO.replace(r#""guest-ping""#, name);
        fails(&[Qga, Client(r#"{"execute":"guest-info","id":1}"#), Server(info.leak())])
    };
    assert!(!listed("null").contains("guest-info-agrees"));
    assert!(listed(r#""guest-pong""#).contains("guest-info-agrees"));
}

#[test]
fn what_guest_info_says_of_a_blocked_command_is_looked_at_too() {
    let listed = |silent: &str| -> Say {
        let info = conversation::INFO.replace(
            r#"{"name": "guest-shutdown", "success-response": false}"#,
            &format!(r#"{{"name": "guest-shutdown", "enabled": false, "success-response": {silent}}}"#),
        );
        Server(info.leak())
    };
    let asked = Client(r#"{"execute":"guest-info","id":1}"#);
    assert_eq!(fails_without("guest-shutdown", &[Qga, asked, listed("false")]), none());
    let wrong = fails_without("guest-shutdown", &[Qga, asked, listed("true")]);
    assert_eq!(wrong, BTreeSet::from(["guest-info-agrees"]));
    let unlisted = Server(
        conversation::INFO.replace(r#"{"name": "guest-shutdown", "success-response": false}, "#, "").leak(),
    );
    assert_eq!(fails_without("guest-shutdown", &[Qga, asked, unlisted]), none());
}

#[test]
fn a_reply_that_was_left_out_is_told_by_those_that_follow() {
    let two = "{\"execute\":\"guest-ping\"}{\"execute\":\"guest-info\"}\u{ff}";
    let sync = "{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}";
    let sent = Client(Box::leak(format!("{two}{sync}").into_boxed_str()));
    let (pong, info) = (Server(r#"{"return": {}}"#), Server(r#"{"return": {"version": "1"}}"#));
    assert_eq!(fails(&[Qga, sent, pong, info, SYNCED, Tried(true)]), none());
    for came in [info, pong] {
        assert_eq!(fails(&[Qga, sent, came, SYNCED, Tried(true)]), BTreeSet::from(["one-reply"]), "{came:?}");
    }
}

#[test]
fn a_success_where_an_error_is_due_is_not_the_answer_of_what_was_asked_before() {
    let plain = "{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":5}}";
    let last = "{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}";
    let sent = Client(Box::leak(format!("{plain}{plain}\u{ff}{last}").into_boxed_str()));
    let (five, empty) = (Server("\u{ff}{\"return\": 5}"), Server(r#"{"return": {}}"#));
    assert_eq!(fails(&[Qga, sent, five, five, SYNCED, Tried(true)]), none());
    let wrong = [Qga, sent, five, five, empty, SYNCED, Tried(true)];
    assert_eq!(fails(&wrong), BTreeSet::from(["json-error-answered"]));
}

#[test]
fn a_wrong_answer_and_a_silence_that_look_the_same_are_held_against_nobody() {
    let sent =
        "{\"execute\":\"nosuch\"}\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}";
    assert_eq!(fails(&[Qga, Client(sent), ERROR, SYNCED, Tried(true)]), none());
    assert_eq!(fails(&[Qga, Client(sent), NOT_FOUND, ERROR, SYNCED, Tried(true)]), none());
    let two = [Qga, Client(sent), ERROR, ERROR, SYNCED, Tried(true)];
    assert_eq!(fails(&two), BTreeSet::from(["command-not-found"]));
}

#[test]
fn a_sync_that_is_never_answered_says_nothing_of_the_reset() {
    let half = Client("{\"a\":\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}");
    let plain = Client("{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}");
    let aim = Aim("sync-reset");
    assert_eq!(fails(&[Qga, aim, plain, Timeout, half, Timeout]), BTreeSet::from(["one-reply"]));
    assert!(fails(&[Qga, aim, plain, SYNCED, half, Timeout]).contains("sync-reset"));
    assert_eq!(fails(&[Qga, aim, plain, SYNCED, half, ERROR, SYNCED]), none());
}

#[test]
fn a_library_gives_back_what_json_does_not_have_and_it_was_sent() {
    let echo = [
        Client("{\"execute\":\"query-status\",\"id\":NaN}"),
        Server("{\"return\": {\"depth\": 1}, \"id\": NaN}"),
    ];
    assert!(!fails(&[&[Library], &echo[..]].concat()).contains("output-strict-json"));
    assert!(fails(&[&[Stranger], &echo[..]].concat()).contains("output-strict-json"));
    let own = [
        Client("{\"execute\":\"query-status\",\"id\":1}"),
        Server("{\"return\": {\"depth\": NaN}, \"id\": 1}"),
    ];
    assert!(fails(&[&[Library], &own[..]].concat()).contains("output-strict-json"));
}

#[test]
fn a_sentinel_in_the_wrong_place_is_no_other_rules_affair() {
    let at = |text| {
        [Qga, SYNC, ERROR, Raw(text), Client("{\"execute\":\"guest-ping\"}"), Server(r#"{"return": {}}"#)]
    };
    for text in [
        "{\"return\": 7}\u{ff}\n",
        "{\"return\": 7}\n\u{ff}",
        "\u{ff} {\"return\": 7}\n",
        "\u{ff}\n{\"return\": 7}\n",
    ] {
        assert_eq!(fails(&at(text)), BTreeSet::from(["sync-sentinel"]), "{text:?}");
    }
    let apart = [Qga, SYNC, ERROR, Raw("{\"return\": 7}"), Client(" "), Raw("\u{ff}\n")];
    assert!(!fails(&apart).contains("line-end"));
    assert_eq!(fails(&at("\u{ff}{\"return\": 7}\n")), none());
    assert!(fails(&at("\u{ff}#{\"return\": 7}\n")).contains("output-framing"));
}

#[test]
fn a_piece_of_a_message_that_was_broken_is_held_to_no_messages_shape() {
    let asked = Client("{\"execute\":\"guest-ping\",\"id\":{}}");
    let broken = Raw("{\u{ff}\"return\": {}, \"id\": {}}\n");
    assert_eq!(fails(&[Qga, asked, broken]), BTreeSet::from(["output-framing"]));
    let apart = Raw("{\"return\": {}, \"id\": {}}\n{}\n");
    assert!(fails(&[Qga, asked, apart]).contains("reply-shape"));
}

#[test]
fn another_parser_may_refuse_a_number_that_no_double_can_be_and_has_then_read_no_id() {
    let huge = Client("{\"execute\":\"guest-ping\",\"id\":[1e400]}");
    let talk = [Qga, huge, ERROR];
    assert!(fails(&talk).contains("basic-commands"), "QEMU reads it");
    assert_eq!(fails(&[&talk[..], &[Stranger]].concat()), none());
    let other = [Qga, Stranger, Client("{\"execute\":\"guest-ping\",\"id\":[1e300]}"), ERROR];
    assert!(fails(&other).contains("basic-commands"));
    let lost = [Qga, Stranger, huge, Server(r#"{"return": {}}"#)];
    assert_eq!(fails(&lost), BTreeSet::from(["reply-id-echo"]));
}

#[test]
fn another_parser_may_throw_away_a_number_that_only_the_sentinel_ends() {
    let begun = Client("12\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}");
    assert_eq!(fails(&[Qga, begun, SYNCED]), BTreeSet::from(["envelope-object"]));
    assert_eq!(fails(&[Qga, Stranger, begun, SYNCED]), none());
    let ended = Client("12 {\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}");
    assert_eq!(fails(&[Qga, Stranger, ended, SYNCED]), BTreeSet::from(["envelope-object"]));
}

#[test]
fn what_json_libraries_mostly_take_is_what_is_answered_as_a_request() {
    let replaced = Client("{\u{ff}{\"execute\":\"guest-\u{f3}ync\"}");
    assert_eq!(fails(&[Qga, Library, replaced, NOT_FOUND]), BTreeSet::from(["json-leniency"]));
    assert_eq!(fails(&[Qga, Stranger, replaced, NOT_FOUND]), BTreeSet::from(["json-error-answered"]));
}

#[test]
fn what_another_parser_makes_of_the_rest_of_malformed_text_need_not_have_its_id() {
    let text = Client("{\"execute\":\"guest-s\nync\",\"arguments\":{\"id\":1}}");
    let talk = [Qga, text, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR];
    assert!(fails(&talk).contains("reply-id-echo"));
    assert_eq!(fails(&[&talk[..], &[Stranger]].concat()), none());
    let another = Server(r#"{"error": {"class": "GenericError", "desc": ""}, "id": 2}"#);
    let wrong = [Qga, Stranger, text, ERROR, ERROR, ERROR, another, ERROR];
    assert!(!fails(&wrong).is_disjoint(&BTreeSet::from(["reply-id-echo", "json-error-no-id"])));
}

#[test]
fn what_a_command_in_pieces_comes_back_with_is_set_beside_the_same_command_alone() {
    let ping = Client(r#"{"execute":"guest-ping","id":"abc"}"#);
    let long = Client(r#"{"execute":"guest-ping","id":"abcd"}"#);
    let whole = Server(r#"{"return": {}, "id": "abc"}"#);
    let cut = Server(r#"{"return": {}, "id": "ab"}"#);
    let told = |second, reply| {
        fails(&[Qga, Aim("input-framing"), ping, whole, second, reply, ping, whole, second, reply])
            .contains("input-framing")
    };
    assert!(!told(long, whole), "an id of its own");
    assert!(told(Client("{\"execute\":\"guest-ping\", \"id\":\"abc\"}"), cut));
    assert!(!told(Client("{\"execute\":\"guest-ping\", \"id\":\"abc\"}"), whole));
}

#[test]
fn an_id_that_stands_in_the_rest_of_malformed_text_is_not_invented() {
    let text = Client("{\"execute\":]\"x\",\"arguments\":\"{\"id\":77}}\n");
    let of_the_rest = Server(r#"{"error": {"class": "GenericError", "desc": ""}, "id": 77}"#);
    let elsewhere = Server(r#"{"error": {"class": "GenericError", "desc": ""}, "id": 78}"#);
    let told = |model: &[Say], reply| fails(&[&[Qga], model, &[text, ERROR, reply, ERROR, ERROR]].concat());
    assert!(told(&[], of_the_rest).contains("json-error-no-id"), "{:?}", told(&[], of_the_rest));
    assert!(!told(&[Stranger], of_the_rest).contains("json-error-no-id"));
    assert!(told(&[Stranger], elsewhere).contains("json-error-no-id"), "{:?}", told(&[Stranger], elsewhere));
}

#[test]
fn replies_that_are_just_those_due_came_in_another_order() {
    let both = Client("{\"execute\":\"guest-ping\"}{\"execute\":\"nosuch\"}");
    let done = Server(r#"{"return": {}}"#);
    assert_eq!(fails(&[Qga, both, done, NOT_FOUND]), none());
    assert_eq!(fails(&[Qga, both, NOT_FOUND, done]), BTreeSet::from(["reply-order"]));
    assert_eq!(fails(&[Qga, both, NOT_FOUND, NOT_FOUND]), BTreeSet::from(["basic-commands"]));
    // The error may be that of the byte behind.
    let reset = Client("{\"id\":1}{\"execute\":\"guest-ping\",\"id\":2}\u{ff}");
    let second = Server(r#"{"return": {}, "id": 2}"#);
    assert_eq!(fails(&[Qga, reset, second, ERROR]), BTreeSet::from(["one-reply"]));
    assert_eq!(fails(&[Qga, SYNC, SYNCED, ERROR]), BTreeSet::from(["reply-order"]));
    assert_eq!(fails(&[Qga, Stranger, SYNC, SYNCED, ERROR]), BTreeSet::from(["reply-order"]));
    // Where another parser sees an error is its own affair.
    let rest = Client(
        "{\"execute\":\"guest-syn\u{ff}c-delimited\",\"arguments\":{\"id\":77}}\n\u{ff}{\"execute\":\"guest-ping\"}",
    );
    let lacks = Server(r#"{"error": {"class": "GenericError", "desc": ""}, "id": 77}"#);
    let errors = [ERROR, ERROR, ERROR, ERROR, ERROR, lacks, ERROR, done];
    assert!(!fails(&[&[Qga, Library, rest][..], &errors].concat()).contains("reply-order"));
}

#[test]
fn a_zero_with_an_exponent_may_be_read_or_refused() {
    let told = |id: &str| {
        let text: &'static str = format!("{{\"execute\":\"guest-ping\",\"id\":{id}}}").leak();
        fails(&[Qga, Aim("stream-predicted"), Client(text), Server(r#"{"return": {}, "id": 0}"#)])
            .contains("stream-predicted")
    };
    assert!(!told("0e1") && !told("-0E+2"));
    assert!(told("01") && told("{\"x0e\":1}"), "what no JSON text has, and what is no number");
}

#[test]
fn an_id_that_comes_back_under_another_name_is_a_member_too_many_and_not_lost_besides() {
    let asked = Client("{\"execute\":\"guest-ping\",\"id\":\"a\"}");
    let misnamed = Server(r#"{"return": {}, "ID": "a"}"#);
    assert_eq!(fails(&[Qga, asked, misnamed]), BTreeSet::from(["reply-shape"]));
    let another = Server(r#"{"return": {}, "ID": "b"}"#);
    assert_eq!(fails(&[Qga, asked, another]), BTreeSet::from(["reply-shape", "reply-id-echo"]));
}

#[test]
fn a_sync_that_goes_unanswered_where_nothing_was_begun_shows_nothing_of_the_reset() {
    let silent = |begun| {
        let sync = r#"{"execute":"guest-sync-delimited","arguments":{"id":7},"id":1}"#;
        let text = format!("{begun}\u{ff}{sync}");
        fails(&[Qga, Aim("sync-reset"), Client(Box::leak(text.into_boxed_str())), ERROR])
    };
    assert_eq!(silent("{\"execute\":"), BTreeSet::from(["one-reply", "sync-reset"]));
    assert_eq!(silent(""), BTreeSet::from(["one-reply"]));
}

#[test]
fn what_an_agent_says_before_it_is_asked_need_be_no_message() {
    for text in ["ready\n", "\u{ff}", "{\"return\": {}}\n"] {
        assert!(
            fails(&[Qga, Connect, Raw(text), SYNC, ERROR, SYNCED]).contains("agent-silent-start"),
            "{text}"
        );
    }
    assert_eq!(fails(&[Qga, Connect, Raw(""), SYNC, ERROR, SYNCED]), none());
}

#[test]
fn an_agent_has_no_devices_that_its_arguments_could_miss() {
    let wrong = Client("{\"execute\":\"guest-sync-delimited\"}");
    let missing = Server(r#"{"error": {"class": "DeviceNotFound", "desc": ""}}"#);
    assert_eq!(fails(&[Qga, wrong, missing]), BTreeSet::from(["arguments-refused"]));
    assert_eq!(fails(&[wrong, missing]), BTreeSet::from(["arguments-required"]));
    assert_eq!(fails(&[Qga, wrong, ERROR]), none());
}

#[test]
fn an_agent_that_closes_on_the_sentinel_does_not_survive_it_and_shows_nothing_else() {
    let sync = Client("{\"execute\":\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}");
    let survives = BTreeSet::from(["peer-survives"]);
    assert_eq!(fails(&[Qga, Aim("sync-reset"), sync, Close]), survives);
}

#[test]
fn an_agent_that_ignores_the_sentinel_behind_half_a_command_of_another_client_is_not_reset() {
    let sync = Client("\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}");
    let half = [Qga, Aim("half-command-outlives-client"), Client("{\"execute\":\"guest-pi")];
    assert_eq!(fails(&[&half[..], &[sync, ERROR, SYNCED]].concat()), none());
    assert_eq!(fails(&[&half[..], &[sync, Hang]].concat()), BTreeSet::from(["sync-reset"]));
    assert!(!fails(&[&half[..], &[sync, Timeout]].concat()).contains("sync-reset"));
}

#[test]
fn an_agent_that_ignores_the_sentinel_where_it_comes_alone_is_not_reset() {
    let begun = [Qga, Aim("sync-reset"), Client("{\"execute\":\"guest-pi"), Client("\u{ff}"), ERROR, SYNC];
    assert_eq!(fails(&[&begun[..], &[ERROR, SYNCED]].concat()), none());
    let silent = fails(&[&begun[..], &[Timeout]].concat());
    assert!(silent.contains("sync-reset"), "{silent:?}");
}

#[test]
fn malformed_text_that_is_worth_several_errors_is_not_answered_as_a_request() {
    let text = Client("{\"execute\":\"guest-ping\",\"id\":+1}");
    let taken = Server(r#"{"return": {}, "id": 1}"#);
    let answered = BTreeSet::from(["json-error-answered"]);
    assert_eq!(fails(&[Qga, text, taken]), answered);
    assert_eq!(fails(&[Qga, Stranger, text, taken]), answered);
    assert_eq!(fails(&[Qga, Stranger, text, ERROR]), none());
}

#[test]
fn an_agent_that_waits_for_what_was_to_be_thrown_away_has_not_died_of_it() {
    let sync = |begun: &str| {
        let request = "\u{ff}{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":7}}";
        Client(Box::leak(format!("{begun}{request}").into_boxed_str()))
    };
    let silent = |begun| fails(&[Qga, Aim("sync-recovers"), sync(begun), Tried(false), Hang]);
    assert_eq!(silent("{\"execute\":"), BTreeSet::from(["sync-recovers"]));
    assert_eq!(silent("{\"execute\":\"guest-ping\"}"), BTreeSet::from(["peer-survives"]));
}

#[test]
fn what_is_left_of_a_command_that_was_refused_is_no_surplus() {
    let deep = Client("{\"execute\":\"guest-ping\",\"id\":[[[1]]]}");
    let error = Server(r#"{"error": {"class": "GenericError", "desc": "too deep"}}"#);
    assert!(!fails(&[Qga, deep, error, error]).contains("one-reply"));
    let pong = Server(r#"{"return": {}, "id": [[[1]]]}"#);
    assert_eq!(fails(&[Qga, deep, pong, error]), BTreeSet::from(["one-reply"]));
}

#[test]
fn how_many_errors_malformed_text_is_worth_is_a_parsers_own_affair() {
    let malformed = Client("{\"execute\":\"guest-ping\",\"id\":1.}");
    let error = Server(r#"{"error": {"class": "GenericError", "desc": "no"}}"#);
    assert_eq!(fails(&[Qga, malformed, error, error]), BTreeSet::from(["one-reply"]));
    assert_eq!(fails(&[Qga, Stranger, malformed, error, error]), BTreeSet::new());
}

#[test]
fn an_error_that_is_returned_is_known_beside_a_name_that_is_escaped() {
    let asked = Client("{\"execute\":\"qmprobe-no-such-command\",\"id\":{\"\\u00e9\":1}}");
    let returned = Server(
        r#"{"id": {"\u00E9": 1}, "return": {"error": {"class": "CommandNotFound", "desc": "not there"}}}"#,
    );
    assert_eq!(fails(&[Qga, asked, returned]), BTreeSet::from(["reply-shape"]));
}

#[test]
fn half_a_surrogate_comes_back_where_it_was_sent_and_else_is_no_json() {
    let back = Server(r#"{"return": {}, "id": "\ud800"}"#);
    for half in ["\\ud800", "\u{ed}\u{a0}\u{80}"] {
        let asked = format!("{{\"execute\":\"guest-ping\",\"id\":\"{half}\"}}").leak();
        assert!(!fails(&[Qga, Client(asked), back]).contains("output-strict-json"), "{half}");
    }
    let asked = Client("{\"execute\":\"guest-ping\",\"id\":\"a\"}");
    assert!(fails(&[Qga, asked, back]).contains("output-strict-json"));
}

#[test]
fn an_agent_may_be_silent_on_what_throws_away_and_not_on_text_that_is_malformed() {
    let pong = Server(r#"{"return": {}, "id": 7}"#);
    let ping = Client("{\"execute\":\"guest-ping\",\"id\":7}");
    let aimed = Aim("json-error-answered");
    let said = |text| fails(&[Qga, Stranger, aimed, Client(text), Quiet, ping, pong]);
    assert_eq!(said("{]"), BTreeSet::from(["json-error-answered"]));
    assert_eq!(said("{\u{ff}"), BTreeSet::new());
    // Nor where it was late.
    let late = Server(r#"{"error": {"class": "GenericError", "desc": "no"}}"#);
    assert_eq!(fails(&[Qga, Stranger, aimed, Client("{]"), Quiet, ping, late, pong]), BTreeSet::new());
}

#[test]
fn a_value_that_is_no_object_and_goes_unanswered_is_no_command_that_does() {
    let ping = Client(r#"{"execute":"guest-ping"}"#);
    assert_eq!(fails(&[Qga, Client("null "), Timeout]), BTreeSet::from(["envelope-object"]));
    assert_eq!(fails(&[Qga, ping, Timeout]), BTreeSet::from(["one-reply"]));
    assert_eq!(fails(&[Qga, Client("null "), ERROR]), none());
}

#[test]
fn an_id_on_the_error_of_text_that_a_parser_may_refuse_is_no_echo() {
    let huge = Client("{\"execute\":\"guest-ping\",\"id\":1e400}");
    let malformed = Client("{]");
    let null = Server(r#"{"error": {"class": "GenericError", "desc": "no"}, "id": null}"#);
    assert_eq!(fails(&[Qga, Stranger, huge, null, malformed, null]), BTreeSet::from(["json-error-no-id"]));
    assert_eq!(fails(&[Qga, Stranger, huge, ERROR, malformed, ERROR]), none());
}

#[test]
fn a_single_byte_is_worth_no_more_than_one_error_to_any_parser() {
    for byte in ["}", "\u{ff}", "\u{1}\n"] {
        let twice = [Qga, Stranger, Client(byte), ERROR, ERROR];
        assert_eq!(fails(&twice), BTreeSet::from(["json-error-answered"]), "{byte:?}");
        assert_eq!(fails(&[Qga, Stranger, Client(byte), ERROR]), none(), "{byte:?}");
        let another = [Qga, Stranger, Client(byte), ERROR, Client("null "), ERROR];
        assert_eq!(fails(&another), none(), "{byte:?}");
    }
    let two = Client("}}");
    assert_eq!(fails(&[Qga, Stranger, two, ERROR, ERROR]), none());
}

/// How an id that comes back as another one is changed.
fn echo_of(sent: &str, came: &str) -> Option<String> {
    let asked = format!("{{\"execute\":\"guest-ping\",\"id\":{sent}}}").leak();
    let reply = format!("{{\"return\": {{}}, \"id\": {came}}}").leak();
    classes(&[Qga, Client(asked), Server(reply)], "reply-id-echo").into_iter().next()
}

#[test]
fn an_id_of_which_each_byte_is_a_character_or_only_a_part_comes_back_is_told_from_any_other() {
    assert_eq!(echo_of("\"\u{c3}\u{a9}\"", "\"\\u00C3\\u00A9\"").as_deref(), Some("bytewise"));
    assert_eq!(echo_of("\"\u{c3}\u{a9}\"", "\"\\u00C3\"").as_deref(), Some("changed"));
    assert_eq!(echo_of("\"\u{c3}\u{a9}\"", "\"\\u00E9\""), None);
    assert_eq!(echo_of("[1,2]", "[1]").as_deref(), Some("shortened"));
    assert_eq!(echo_of("[1,2]", "[2]").as_deref(), Some("changed"));
    assert_eq!(echo_of("[1,2]", "[1, 2]"), None);
}
