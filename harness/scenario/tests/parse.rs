//! What a text means, and what is said of one that means nothing.
#![allow(clippy::unwrap_used)]

use qmprobe_scenario::{
    Action, BadScenario, Bindings, Known, Located, Pattern, Problem, Scenario, Strictness, Suggestion, parse,
};
use qmprobe_wire::Value;

const RULES: &[&str] = &["one-reply", "reply-id-echo"];

fn read(text: &str) -> Result<Scenario, BadScenario> {
    parse(text, "a.qmp", Known { rules: RULES })
}

fn problems(text: &str) -> Vec<(String, Problem, String)> {
    let bad = read(text).expect_err(text);
    let located = bad.problems.iter();
    let suggested = |one: &Located| one.suggestion.as_ref().and_then(Suggestion::text).unwrap_or_default();
    located.map(|one| (text[one.span.clone()].to_owned(), one.problem.clone(), suggested(one))).collect()
}

fn value(text: &str) -> Value {
    qmprobe_wire::parse::parse(text.as_bytes(), 64).value.unwrap()
}

/// The pattern of the only line of a scenario.
fn pattern(text: &str) -> Pattern {
    let scenario = read(&format!("rule: one-reply\n<- {text}\n")).unwrap_or_else(|bad| panic!("{bad}"));
    match &scenario.lines[0].action {
        Action::Receive { pattern, .. } => pattern.clone(),
        other => panic!("{other:?}"),
    }
}

fn paths(expected: &str, actual: &str) -> Vec<String> {
    let mut bindings = Bindings::default();
    bindings.bind("SCRATCH", Value::string("/s"));
    let found = pattern(expected).differences(&value(actual), &bindings, Strictness::default());
    found.into_iter().map(|difference| difference.path).collect()
}

#[test]
fn a_message_runs_on_over_indented_lines() {
    let text = "# About\n\nrule: one-reply\n\n-> { \"execute\": \"x\",\n     \"id\": 1 }\n<- { \"return\": {},\n     \"id\": 1 }\n";
    let scenario = read(text).unwrap();
    assert_eq!(scenario.header.about, ["About"]);
    assert_eq!(scenario.lines[0].action, Action::Send("{ \"execute\": \"x\",\n\"id\": 1 }".to_owned()));
    assert_eq!(scenario.lines.iter().map(|line| line.number).collect::<Vec<_>>(), [5, 7]);
}

#[test]
fn bytes_are_digits_and_quoted_text() {
    let scenario = read(
        r#"rule: one-reply
=> ff00 "a\"\x41\n" '"\'' 7b"#,
    )
    .unwrap();
    assert_eq!(scenario.lines[0].action, Action::SendBytes(b"\xff\0a\"A\n\"'{".as_slice().into()));
}

#[test]
fn bytes_with_a_count_are_sent_so_often_and_never_too_often() {
    let sent = |words: &str| match read(&format!("rule: one-reply\n=> {words}\n")) {
        Ok(scenario) => match &scenario.lines[0].action {
            Action::SendBytes(payload) => Some(payload.clone()),
            _ => None,
        },
        Err(_) => None,
    };
    let long = sent("'[0' ',0'*67108800 5d0a*2 ff*1").unwrap();
    assert_eq!(long.len(), 2 + 2 * 67_108_800 + 4 + 1);
    let parts: Vec<_> = long.parts().map(|(bytes, times)| (bytes.to_vec(), times)).collect();
    assert_eq!(parts[1..3], [(b",0".to_vec(), 67_108_800), (b"]\n".to_vec(), 2)]);
    for wrong in
        ["'a'*", "'a'*0", "'a' *2", "*2", "'a'*-1", "'a'*2x", "'ab'*67108865", "61*99999999999999999999"]
    {
        assert_eq!(sent(wrong), None, "{wrong}");
    }
}

#[test]
fn every_problem_is_told_with_its_place_and_what_to_write() {
    let text =
        "rule: one-repli\nseson: oob\n\n-> {\"fd\":$FD}\n<- {\"return\" {}}\nevnt STOP\n=> f\nwait 2\n";
    let found = problems(text);
    let places: Vec<&str> = found.iter().map(|(place, ..)| place.as_str()).collect();
    assert_eq!(places, ["one-repli", "seson", "$FD", "{", "evnt", "f", "2"]);
    let hints: Vec<&str> =
        found.iter().map(|(.., hint)| hint.as_str()).filter(|hint| !hint.is_empty()).collect();
    assert_eq!(hints, ["did you mean `one-reply`?", "did you mean `session`?", "did you mean `event`?"]);
}

#[test]
fn a_report_shows_the_line_and_the_file() {
    let shown = read("rule: one-reply\n<- {\"return\": {}\n   \"id\": 1}\n").unwrap_err().to_string();
    for part in ["a.qmp:3:", "`,` or `}` is missing", "\"id\": 1}"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

#[test]
fn what_is_missing_is_shown_by_the_whole_character_before_it() {
    let found = problems("rule: one-reply\nscratch file a.img\u{1f600}\n-> {}\n");
    assert_eq!(found[0].0, "\u{1f600}");
    let shown =
        read("rule: one-reply\nscratch fifo a\u{fffd}\nscratch file \u{e9}\n").unwrap_err().to_string();
    assert!(shown.contains("a.qmp:3:"), "{shown}");
}

#[test]
fn what_needs_something_above_it_says_so() {
    let first = |text: &str| problems(&format!("rule: one-reply\n{text}")).remove(0).1;
    assert_eq!(first("-> {}\nfeed a\n"), Problem::NoProp { name: "a".into() });
    assert_eq!(first("-> {}\nscratch fifo a\n"), Problem::LateProp);
    assert_eq!(first("-> {}\ncapture A return\n"), Problem::NothingToCapture);
    assert_eq!(first("-> {}\nsession: oob\n"), Problem::LateHeader { key: "session".into() });
    assert_eq!(first("@b exit 0\n"), Problem::NotOfAClient);
    assert_eq!(first("memory 64M\n"), Problem::Form { form: "memory +64M" });
    assert_eq!(first("memory +2G\n"), Problem::Form { form: "memory +64M" });
    assert_eq!(first("\n  -> {}\n"), Problem::Dangling);
    assert_eq!(first("rule: one-reply\n-> {}\n"), Problem::Twice { key: "rule".into() });
    assert_eq!(first("scratch fifo ../a\n"), Problem::PropName { name: "../a".into() });
    assert_eq!(problems("-> {}\n").remove(0).1, Problem::Lacking { key: "rule" });
    assert_eq!(first(""), Problem::Empty);
}

#[test]
fn a_file_of_nothing_but_problems_ends() {
    assert_eq!(problems(&"x\n".repeat(1000)).len(), 20);
    let deep = format!("rule: one-reply\n<- {}", "[".repeat(100_000));
    assert!(matches!(problems(&deep)[0].1, Problem::Pattern { .. }));
}

#[test]
fn a_value_matches_by_value_and_members_in_any_order() {
    let expected = r#"{"return": {"a": 1, "b": [1.0, "x"]}, "id": 18446744073709551615}"#;
    assert!(paths(expected, r#"{"id":18446744073709551615,"return":{"b":[1,"x"],"a":1e0}}"#).is_empty());
    assert_eq!(
        paths(expected, r#"{"id":18446744073709551614,"return":{"b":[1],"a":2}}"#),
        ["return.a", "return.b", "id"]
    );
}

#[test]
fn an_elision_takes_any_value_and_any_further_members_and_elements() {
    let expected = r#"{"return": [{"a": ..., ...}, ..., 9]}"#;
    assert!(paths(expected, r#"{"return":[{"a":null,"z":1},2,3,9]}"#).is_empty());
    assert!(paths(expected, r#"{"return":[{"a":null},9]}"#).is_empty());
    assert_eq!(paths(expected, r#"{"return":[{"z":null},2,8]}"#), ["return[0].a", "return[2]"]);
    assert_eq!(paths(expected, r#"{"return":[9]}"#), ["return"]);
    assert_eq!(paths(r#"{"return": {}}"#, r#"{"return":{"a":1},"id":2}"#), ["return.a", "id"]);
    assert_eq!(paths(r#"{"return": 1, ...}"#, r#"{"return":1,"return":1}"#), ["return"]);
}

#[test]
fn what_stands_between_two_elisions_may_stand_anywhere() {
    let expected = r#"{"return": [..., {"a": 1, ...}, 9, ...]}"#;
    assert!(paths(expected, r#"{"return":[9,2,{"a":1,"z":1}]}"#).is_empty());
    assert_eq!(paths(expected, r#"{"return":[9,{"a":2}]}"#), ["return"]);
    assert_eq!(paths(expected, r#"{"return":[]}"#), ["return", "return"]);
    for wrong in ["[..., ...]", "[1, ..., ...]", "[..., 1, ..., 2]", "[..., 1, ..., ...]"] {
        assert_eq!(problems(&format!("rule: one-reply\n<- {wrong}")).len(), 1, "{wrong}");
    }
}

#[test]
fn the_text_of_an_error_counts_only_on_request() {
    let (expected, actual) =
        (r#"{"error": {"class": "A", "desc": "x"}}"#, r#"{"error":{"class":"A","desc":"y"}}"#);
    assert!(paths(expected, actual).is_empty());
    assert!(paths(r#"{"error": {"class": "A"}}"#, actual).is_empty());
    assert_eq!(paths(r#"{"error": {"class": "B"}}"#, actual), ["error.class"]);
    let found =
        pattern(expected).differences(&value(actual), &Bindings::default(), Strictness { desc: true });
    assert_eq!(found[0].path, "error.desc");
    assert_eq!(
        paths(r#"{"return": {"error": {"desc": "x"}}}"#, r#"{"return":{"error":{"desc":"y"}}}"#).len(),
        1
    );
}

#[test]
fn the_time_of_an_event_does_not_count() {
    let actual = r#"{"timestamp":{"seconds":1,"microseconds":2},"event":"STOP"}"#;
    assert!(paths(r#"{"event": "STOP"}"#, actual).is_empty());
    assert!(paths(r#"{"event": "STOP", "timestamp": {"seconds": 9}}"#, actual).is_empty());
    assert_eq!(paths(r#"{"event": "RESUME"}"#, actual), ["event"]);
}

#[test]
fn a_name_stands_for_what_it_is_bound_to() {
    assert!(paths(r#"{"return": ["$SCRATCH/a", $SCRATCH]}"#, r#"{"return":["/s/a","/s"]}"#).is_empty());
    assert_eq!(paths(r#"{"return": "$SCRATCH/a"}"#, r#"{"return":"/t/a"}"#), ["return"]);
    let message = value(r#"{"return":{"l":[[1,{"m":7}]]}}"#);
    let at = |path| qmprobe_scenario::pattern::at(&message, path).map(ToString::to_string);
    assert_eq!(at("return.l[0][1].m").as_deref(), Some("7"));
    assert_eq!(
        [at("return.l[1]"), at("return.x"), at("return.l[x]"), at("")],
        [None, None, None, Some(message.to_string())]
    );
}
