//! The cases in which a client gets back in step: harmless, distinct, and the same for the same seed.
#![allow(clippy::unwrap_used)]

use qmprobe_generate::recovery::{ALL, Trial, damages, farewells, trials};
use qmprobe_generate::stream;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::fault::Channel;
use qmprobe_wire::{Case, Recovery, Step, Toward, Value};
use std::collections::HashSet;

/// What these cases may say; anything else must be no command that any agent has.
const SAID: [&str; 4] = ["guest-ping", "guest-info", "guest-sync", "guest-sync-delimited"];

/// Everything that the case sends, if no try succeeds.
fn sent(case: &Case) -> Vec<u8> {
    let mut bytes = Vec::new();
    for step in &case.steps {
        match step {
            Step::Send(more) | Step::Push(more) => bytes.extend_from_slice(more),
            Step::Sync(sync) => {
                let mut channel = Channel::new(&sync.faults, Toward::Peer);
                let mut recovery = Recovery::new(qmprobe_wire::Dialect::Qga, 64);
                for attempt in 0..sync.tries_due() {
                    channel.begin(attempt, &mut bytes);
                    if attempt == 0 {
                        channel.pass(&sync.before.to_vec(), &mut bytes);
                    }
                    channel.pass(&recovery.attempt(sync.token_of(attempt)), &mut bytes);
                }
            }
            _ => {}
        }
    }
    bytes
}

#[test]
fn no_damage_makes_another_command_of_one() {
    let declared: Vec<String> = qmprobe_schema::shipped_names()
        .filter(|name| name.starts_with("qga-"))
        .flat_map(|name| qmprobe_schema::shipped(name).unwrap().unwrap().commands)
        .map(|command| command.name)
        .collect();
    assert!(declared.iter().any(|name| name == "guest-shutdown"));
    for seed in [0, 1] {
        for Trial { case, .. } in trials(seed) {
            let mut outcomes = Vec::new();
            Automaton::new(Model::V3_1).feed(&sent(&case), &mut outcomes);
            for outcome in outcomes {
                let Outcome::Value { value, .. } = outcome else { continue };
                let name = value.get("execute").and_then(Value::as_str).unwrap_or_default();
                let other = declared.iter().any(|declared| declared == name) && !SAID.contains(&name);
                assert!(!other, "{}: {name}", case.name);
            }
        }
    }
}

#[test]
fn every_class_has_cases_and_no_two_share_an_id_or_a_token() {
    let trials = trials(0);
    assert!(trials.len() >= 10_000);
    for class in ALL {
        assert!(trials.iter().any(|trial| trial.class.name == class.name), "{}", class.name);
    }
    let (mut ids, mut tokens) = (HashSet::new(), HashSet::new());
    for case in trials.into_iter().map(|trial| trial.case).chain(farewells(0)) {
        assert!(ids.insert(case.id.index), "{}", case.name);
        let Some(Step::Sync(sync)) = case.steps.last() else {
            panic!("{} does not get back in step", case.name)
        };
        for attempt in 0..sync.tries_due() + 2 {
            assert!(sync.token_of(attempt) > 0 && tokens.insert(sync.token_of(attempt)), "{}", case.name);
        }
    }
}

#[test]
fn the_seed_decides_the_cases() {
    let cases = |seed| trials(seed).into_iter().map(|trial| trial.case).collect::<Vec<_>>();
    assert_eq!(cases(7), cases(7));
    assert_ne!(cases(7), cases(8));
}

#[test]
fn no_class_promises_fewer_tries_than_its_faults_cost() {
    for Trial { class, case, .. } in trials(0) {
        let Some(Step::Sync(sync)) = case.steps.last() else { continue };
        assert!(sync.tries_due() <= class.tries, "{}", case.name);
    }
}

#[test]
fn damage_to_answers_goes_by_the_names_of_classes() {
    let toward = |class: &str, toward: Toward| damages(class).iter().any(|(way, _)| *way == toward);
    let count = |way: Toward| ALL.iter().filter(|class| toward(class.name, way)).count();
    // The mixture does both.
    assert_eq!((count(Toward::Client), count(Toward::Peer)), (10, 13));
    assert!(toward("command-cut", Toward::Peer) && !toward("command-cut", Toward::Client));
    assert!(damages("reader-slow").is_empty() && damages("nonsense").is_empty());
}

#[test]
fn a_recovery_shares_its_id_with_no_stream() {
    let streams = stream::FIRST_INDEX..stream::FIRST_INDEX + u64::from(u32::MAX);
    assert!(trials(0).iter().all(|trial| !streams.contains(&trial.case.id.index)));
    assert!(farewells(0).iter().all(|case| !streams.contains(&case.id.index)));
}
