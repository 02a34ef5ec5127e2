//! The document that scripts read.

mod events;

use events::{CONFORMING, broken, clean, interrupted, known, render, render_with};
use qmprobe_report::{Outcome, Outcomes, Settings};
use serde_json::Value;

fn document(events: &[qmprobe_engine::Event], outcome: Outcome) -> Value {
    serde_json::from_str(&render("json", events, outcome)).expect("a JSON document")
}

#[test]
fn the_document_has_the_members_of_the_contract() {
    let document = document(&broken(), Outcome::Findings);
    assert_eq!(document["complete"], true);
    assert_eq!(document["exit"], 1);
    assert_eq!(document["peer"]["kind"], "qemu");
    assert_eq!(document["counts"]["violations"], 2);
    assert!(document["rules"].as_array().is_some_and(|rules| rules.len() == 3));
    let finding = &document["findings"][1];
    assert_eq!(finding["rule"], "reply-id-echo");
    assert_eq!(finding["id"], "Q301");
    assert_eq!(finding["signature"], "ab12cd34ef56ab78");
    assert_eq!(finding["severity"], "violation");
    assert_eq!(finding["waived"], Value::Null);
    assert_eq!(finding["reproduced"], "3/3");
    assert_eq!(finding["occurrences"], 12);
    assert_eq!(finding["file"], "qmprobe-out/findings/reply-id-echo/ab12cd34ef56ab78.json");
}

#[test]
fn a_waived_finding_gives_its_reason_and_its_rule_is_known() {
    let document = document(&known(), CONFORMING);
    assert!(document["findings"][1]["waived"].as_str().unwrap().contains("FIXME"));
    let rules = document["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["rule"] == "reply-id-echo").unwrap();
    assert_eq!(rule["state"], "known");
    assert_eq!(document["idle_waivers"][0]["why"], "matched nothing");
}

#[test]
fn a_rule_with_nothing_to_look_at_says_why() {
    let document = document(&clean(), CONFORMING);
    let rules = document["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["rule"] == "event-rate").unwrap();
    assert_eq!(rule["state"], "not-shown");
    assert_eq!(rule["why"], "no rate-limited event was seen");
}

#[test]
fn an_interrupted_run_is_not_complete_and_counts_what_it_has() {
    let document = document(&interrupted(), Outcome::Interrupted(2));
    assert_eq!(document["complete"], false);
    assert_eq!(document["exit"], 130);
    assert_eq!(document["counts"]["cases_judged"], 1);
    assert_eq!(document["counts"]["findings"], 2);
    assert_eq!(document["counts"]["peer_starts"], 2);
}

#[test]
fn several_peers_give_several_documents_under_runs() {
    let events: Vec<_> = clean().into_iter().chain(broken()).collect();
    let outcomes = Outcomes { whole: Outcome::Findings, runs: vec![Outcome::Conforming, Outcome::Findings] };
    let text = render_with("json", &events, &outcomes, Settings::default());
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["exit"], 1);
    assert_eq!(document["runs"][0]["exit"], 0);
    assert_eq!(document["runs"][1]["exit"], 1);
    assert_eq!(document["runs"][1]["findings"].as_array().unwrap().len(), 2);
}

#[test]
fn a_run_that_never_began_still_gives_a_document() {
    let noted = qmprobe_engine::Event::Noted { text: "no such binary".to_owned() };
    let document = document(&[noted], Outcome::Trouble);
    assert_eq!(document["exit"], 3);
    assert_eq!(document["peer"], Value::Null);
    assert_eq!(document["complete"], false);
    assert_eq!(document["notes"][0], "no such binary");
}

#[test]
fn events_that_went_through_the_journal_give_the_same_document() {
    for events in [clean(), broken(), known(), interrupted()] {
        let kept: Vec<_> = events
            .iter()
            .map(|event| serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap())
            .collect();
        for format in qmprobe_report::ALL {
            let direct = render(format.name, &events, Outcome::Findings);
            assert_eq!(direct, render(format.name, &kept, Outcome::Findings), "{}", format.name);
        }
    }
}
