//! The shrinker, driven by predicates that stand for a peer.

use qmprobe_generate::Shrinker;
use qmprobe_generate::shrink::TRIES_MAX;
use qmprobe_wire::{Case, CaseId, Repeat, Start, Step};
use serde_json::{Value, json};

fn case(steps: Vec<Step>) -> Case {
    Case {
        id: CaseId { seed: 0, index: 0 },
        name: "a failing case".to_owned(),
        command: None,
        aim: None,
        start: Start::Command,
        steps,
    }
}

fn send(value: &Value) -> Step {
    Step::Send(value.to_string().into_bytes())
}

fn sent(case: &Case) -> Value {
    match case.steps.last() {
        Some(Step::Send(bytes)) => serde_json::from_slice(bytes).expect("a request is JSON"),
        other => panic!("{other:?}"),
    }
}

/// Shrinks until the end; the best case and the number of candidates.
fn shrink(case: Case, fails: impl Fn(&Case) -> bool) -> (Case, u32) {
    let mut shrinker = Shrinker::new(case);
    let mut tries = 0;
    while let Some(candidate) = shrinker.next() {
        tries += 1;
        shrinker.report(fails(&candidate));
    }
    (shrinker.best().clone(), tries)
}

#[test]
fn only_what_fails_is_left_of_a_request() {
    let request = json!({
        "execute": "object-add",
        "arguments": {
            "qom-type": "memory-backend-ram", "id": "m", "share": true, "size": 18446744073709551615u64,
            "host-nodes": [1, 2, 3], "props": {"a": {"b": [{"bad": "yes"}, 5]}, "c": "word"},
        },
        "id": 7,
    });
    let (best, tries) = shrink(case(vec![send(&request)]), |case| {
        sent(case)["arguments"]["props"]["a"]["b"][0]["bad"].is_string()
    });
    let expected = json!({"execute": "object-add", "arguments": {"props": {"a": {"b": [{"bad": ""}]}}}});
    assert_eq!(sent(&best), expected);
    assert!(tries < 100, "{tries}");
}

#[test]
fn numbers_and_strings_come_near_the_edge() {
    let request = json!({"execute": "x", "arguments": {"count": 1000, "name": "abcdefgh".repeat(64)}});
    let (best, _) = shrink(case(vec![send(&request)]), |case| {
        let arguments = &sent(case)["arguments"];
        arguments["count"].as_i64() >= Some(60)
            && arguments["name"].as_str().is_some_and(|name| name.len() > 60)
    });
    let arguments = &sent(&best)["arguments"];
    assert_eq!(arguments["count"], 62);
    assert_eq!(arguments["name"].as_str().map(str::len), Some(64));
}

#[test]
fn a_double_stays_a_double() {
    let (best, _) = shrink(case(vec![send(&json!({"execute": "x", "arguments": {"n": 1e300}}))]), |case| {
        sent(case)["arguments"]["n"].is_f64()
    });
    let [Step::Send(bytes)] = best.steps.as_slice() else { panic!("{best:?}") };
    assert_eq!(bytes, br#"{"execute":"x","arguments":{"n":0.0}}"#);
}

#[test]
fn steps_go_on_both_sides_of_the_one_that_fails() {
    let steps = vec![
        send(&json!({"execute": "one"})),
        Step::Settle(5),
        Step::Push(b"{".to_vec()),
        Step::Reconnect,
        send(&json!({"execute": "two", "id": 1})),
    ];
    let (best, _) = shrink(case(steps), |case| case.steps.contains(&Step::Reconnect));
    assert_eq!(best.steps, [Step::Reconnect]);
}

#[test]
fn a_case_that_fails_in_no_smaller_form_is_kept_as_it_is() {
    let whole = case(vec![send(&json!({"execute": "x", "arguments": {"a": [1, "b"]}, "id": "c"}))]);
    let (best, tries) = shrink(whole.clone(), |_| false);
    assert_eq!(best, whole);
    assert!(tries > 3);
}

#[test]
fn what_always_fails_ends_at_the_bare_command() {
    let wide: Vec<Value> = (0..200).map(|nth| json!({"n": nth, "deep": [[["x"]]]})).collect();
    let (best, tries) =
        shrink(case(vec![send(&json!({"execute": "x", "arguments": {"wide": wide}, "id": 1}))]), |_| true);
    assert_eq!(sent(&best), json!({"execute": "x"}));
    assert!(tries <= 2);
}

#[test]
fn the_search_is_bounded() {
    let wide: Vec<Value> = (0..2000).map(|nth| json!(nth)).collect();
    let request = json!({"execute": "x", "arguments": {"wide": wide}});
    let (_, tries) = shrink(case(vec![send(&request)]), |case| {
        sent(case)["arguments"]["wide"].as_array().is_some_and(|wide| wide.len() > 1900)
    });
    assert!(tries <= TRIES_MAX);
}

#[test]
fn bytes_that_are_not_one_clean_object_are_left_alone() {
    for bytes in [
        &b"[1,2]"[..],
        b"{\"execute\":\"x\"} {\"id\":1}",
        b"{'execute':'x','id':1}",
        b"{\"id\":",
        b"\xff",
        b"",
    ] {
        let mut shrinker = Shrinker::new(case(vec![Step::Send(bytes.to_vec())]));
        assert_eq!(shrinker.next(), None, "{bytes:?}");
    }
    assert_eq!(Shrinker::new(case(Vec::new())).next(), None);
}

#[test]
fn a_candidate_without_a_report_counts_as_one_that_does_not_fail() {
    let mut shrinker =
        Shrinker::new(case(vec![send(&json!({"execute": "x", "arguments": {"a": 1}, "id": 2}))]));
    let first = shrinker.next().unwrap();
    let second = shrinker.next().unwrap();
    assert_ne!(first, second);
    assert_eq!(sent(shrinker.best())["id"], 2);
    shrinker.report(true);
    assert_eq!(shrinker.best(), &second);
}

#[test]
fn a_stream_shrinks_to_the_bytes_that_matter_and_keeps_its_end() {
    let last = Step::Send(b"\n\xff\n{}\n".to_vec());
    let noise = |n: usize| (0..n).map(|at| b"{}[],:1 "[at % 8]).collect::<Vec<u8>>();
    let steps = vec![
        Step::Push(noise(70)),
        Step::Push(b"X".to_vec()),
        Step::Push([b"Y".to_vec(), noise(50)].concat()),
    ];
    let steps = [steps, vec![last.clone()]].concat();
    let stream = Case { aim: Some("stream-predicted".to_owned()), ..case(steps) };
    let bytes = |case: &Case| -> Vec<u8> {
        let bytes = case.steps.iter().map(|step| match step {
            Step::Push(bytes) | Step::Send(bytes) => bytes.clone(),
            other => panic!("{other:?}"),
        });
        bytes.collect::<Vec<_>>().concat()
    };
    let (smallest, _) = shrink(stream, |case| bytes(case).windows(2).any(|two| two == b"XY"));
    assert_eq!(smallest.steps, [Step::Push(b"XY".to_vec()), last]);
}

#[test]
fn what_is_under_way_together_is_left_out_line_by_line() {
    let lines: String = (0..8).map(|id| format!("{{\"execute\":\"c{id}\",\"id\":{id}}}\n")).collect();
    let enable = br#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#.to_vec();
    let two = case(vec![Step::Send(enable), Step::Send(lines.into_bytes())]);
    let has = |case: &Case, name: &str| {
        case.steps
            .iter()
            .any(|step| matches!(step, Step::Send(bytes) if String::from_utf8_lossy(bytes).contains(name)))
    };
    let whole = Case { start: Start::Greeting, ..two };
    let runs = |case: &Case| case.start == Start::Command || has(case, "qmp_capabilities");
    let (best, _) = shrink(whole.clone(), |case| runs(case) && has(case, "\"c2\"") && has(case, "\"c5\""));
    assert_eq!(best.start, Start::Command, "what was enabled does not matter");
    let [Step::Send(bytes)] = best.steps.as_slice() else { panic!("{best:?}") };
    let left: Vec<&str> = std::str::from_utf8(bytes).expect("ASCII").lines().collect();
    assert_eq!(left, [r#"{"execute":"c2","id":2}"#, r#"{"execute":"c5","id":5}"#]);
    let (one, _) = shrink(whole.clone(), |case| runs(case) && has(case, "\"c5\""));
    assert_eq!(sent(&one), json!({"execute": "c5"}), "a request alone is made smaller itself");
    let (kept, _) =
        shrink(whole, |case| case.start == Start::Greeting && has(case, "oob") && has(case, "\"c2\""));
    assert_eq!(kept.steps.len(), 2, "and stays where it does");
}

#[test]
fn what_is_repeated_stays_where_it_is_what_fails_and_goes_where_it_went_on_before() {
    let repeat = Step::Repeat(Repeat { bytes: b"{}\n".to_vec(), times: 9 });
    let leaks = case(vec![repeat.clone(), repeat.clone()]);
    assert_eq!(shrink(leaks, |_| true).1, 0);
    let last = send(&json!({"execute": "a"}));
    let (best, _) =
        shrink(case(vec![repeat.clone(), repeat, last.clone()]), |case| case.steps.contains(&last));
    assert_eq!(best.steps, [last]);
}
