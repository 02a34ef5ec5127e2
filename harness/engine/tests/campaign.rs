//! Whole campaigns against a small monitor whose answers are bent: what is found, counted, confirmed, waived,
//! kept, cut short and replayed.

mod scripted;
mod stage;

use qmprobe_engine::event::Event;
use qmprobe_engine::{Error, Finding, ask_schema, journal, replay, waivers};
use qmprobe_schema::{Schema, from_introspection};
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits};
use scripted::{Asked, Twist, impatient, monitor, peer};
use stage::{run, run_until};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the small monitor declares.
const DECLARED: &str = r#"[
    {"name": "qmp_capabilities", "meta-type": "command", "arg-type": "0", "ret-type": "1"},
    {"name": "query-version", "meta-type": "command", "arg-type": "1", "ret-type": "4"},
    {"name": "query-commands", "meta-type": "command", "arg-type": "1", "ret-type": "5"},
    {"name": "stop", "meta-type": "command", "arg-type": "1", "ret-type": "1"},
    {"name": "0", "meta-type": "object", "members": [{"name": "enable", "type": "2", "default": null}]},
    {"name": "1", "meta-type": "object", "members": []},
    {"name": "2", "meta-type": "array", "element-type": "3"},
    {"name": "3", "meta-type": "enum", "values": ["oob"]},
    {"name": "4", "meta-type": "object",
     "members": [{"name": "qemu", "type": "any"}, {"name": "package", "type": "str"}]},
    {"name": "5", "meta-type": "array", "element-type": "6"},
    {"name": "6", "meta-type": "object", "members": [{"name": "name", "type": "str"}]},
    {"name": "any", "meta-type": "builtin", "json-type": "value"},
    {"name": "str", "meta-type": "builtin", "json-type": "string"}
]"#;

fn declared() -> Option<Arc<Schema>> {
    Some(Arc::new(from_introspection(DECLARED, "declared").expect("a schema")))
}

/// A monitor that answers `stop` with an id that nobody asked for.
fn wrong_id() -> PeerSpec {
    monitor(|asked| match asked.command {
        "stop" if !asked.id.is_empty() => Twist::Say(b"{\"return\": {}, \"id\": \"wrong\"}\r\n".to_vec()),
        _ => Twist::Proper,
    })
    .0
}

fn of_rule<'a>(findings: &[&'a Finding], rule: &str) -> Vec<&'a Finding> {
    findings.iter().copied().filter(|finding| finding.rule == rule).collect()
}

fn blocking<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}

#[test]
fn one_defect_is_one_finding_confirmed_counted_and_kept() {
    let over = run(&wrong_id(), |options| options.schema = declared());
    let found = over.findings();
    let [finding] = of_rule(&found, "reply-id-echo")[..] else { panic!("{:?}", over.rules()) };
    assert_eq!((finding.reproduced, finding.tries), (3, 3));
    let counted = over.events.iter().find_map(|event| match event {
        Event::FindingCounted { signature, occurrences } if *signature == finding.signature => {
            Some(*occurrences)
        }
        _ => None,
    });
    assert!(counted.unwrap() > 1);
    assert!(finding.evidence.iter().any(|line| line.direction == "<-" && line.bytes.ends_with(b"\"}\r\n")));
    let kept = replay::load(&over.out.path().join(finding.file.as_ref().unwrap())).unwrap();
    assert_eq!(kept.signature, finding.signature);
}

#[test]
fn the_journal_holds_what_the_listener_heard() {
    let over = run(&wrong_id(), |options| options.schema = declared());
    let kept = journal::read_journal(&over.out.path().join(journal::FILE)).unwrap();
    let text = |events: &[Event]| events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    let (heard, kept): (Vec<String>, Vec<String>) = (text(&over.events), text(&kept.events));
    assert_eq!(heard, kept);
    assert!(heard[0].contains("run-started"));
    assert!(heard.last().unwrap().contains("run-finished"));
}

#[test]
fn a_case_begins_and_ends_before_what_it_shows_is_told() {
    // Streams are left out once enough have failed, and this peer knows too little to get through any.
    let over = run(&wrong_id(), |options| {
        options.schema = declared();
        options.rules = vec!["reply-id-echo".to_owned()];
    });
    let mut open = None;
    for event in &over.events {
        match event {
            Event::CaseBegan { id, .. } => assert_eq!(open.replace(*id), None),
            Event::CaseEnded { id, .. } => assert_eq!(open.take(), Some(*id)),
            Event::FindingMade(_) => assert_eq!(open, None),
            _ => {}
        }
    }
    assert_eq!(over.summary.judged, over.summary.planned);
    assert!(over.summary.complete);
}

#[test]
fn a_waived_finding_is_no_violation_and_an_idle_waiver_is_named() {
    let text = "[[waiver]]\nrule = \"reply-id-echo\"\ncommand = \"\"\nreason = \"known\"\n\
                [[waiver]]\nrule = \"reply-order\"\nreason = \"gone\"\n\
                [[waiver]]\nrule = \"reply-id-echo\"\nreason = \"old\"\nexpires = \"2001-01-01\"";
    let over = run(&wrong_id(), |options| {
        options.schema = declared();
        options.waivers = waivers::parse(text, "w.toml").unwrap();
    });
    let found = over.findings();
    let [finding] = of_rule(&found, "reply-id-echo")[..] else { panic!("{:?}", over.rules()) };
    assert_eq!(finding.waived.as_deref(), Some("known"));
    assert_eq!((over.summary.waived, over.summary.findings), (1, found.len() as u64 - 1));
    let idle: Vec<&str> = over
        .events
        .iter()
        .filter_map(|event| match event {
            Event::WaiverIdle { why, .. } => Some(why.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(idle, ["it covered nothing", "it expired on 2001-01-01"]);
}

#[test]
fn only_the_rules_of_interest_are_told() {
    let over = run(&wrong_id(), |options| {
        options.schema = declared();
        options.rules = vec!["reply-order".to_owned()];
    });
    assert!(over.findings().is_empty());
    assert_eq!(over.summary.rules.keys().collect::<Vec<_>>(), ["reply-order"]);
}

#[test]
fn a_replay_tells_a_living_defect_from_a_mended_one() {
    let peer = wrong_id();
    let over = run(&peer, |options| options.schema = declared());
    let found = over.findings();
    let finding = of_rule(&found, "reply-id-echo")[0];
    let again = |peer: &PeerSpec| blocking(replay::run(finding, peer, declared(), 2, &impatient())).unwrap();
    assert_eq!(again(&peer), replay::Replay { fails: 2, tries: 2 });
    let (mended, _) = monitor(|_| Twist::Proper);
    assert_eq!(again(&mended), replay::Replay { fails: 0, tries: 2 });
}

#[test]
fn a_file_that_is_no_finding_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.json");
    std::fs::write(&path, "{\n\"rule\": 1}").unwrap();
    assert!(matches!(replay::load(&path), Err(Error::Damaged { line: 2, .. })));
    assert!(matches!(replay::load(&dir.path().join("none")), Err(Error::Read { .. })));
}

#[test]
fn a_run_that_is_stopped_is_incomplete_and_whole() {
    let stops = |event: &Event| matches!(event, Event::CaseEnded { id, .. } if id.index & 0xFF == 7);
    let over = run_until(&wrong_id(), |options| options.schema = declared(), stops);
    assert!(!over.summary.complete);
    assert_eq!(over.summary.cut.as_deref(), Some("interrupted"));
    assert!(over.summary.judged < over.summary.planned);
    let kept = journal::read_journal(&over.out.path().join(journal::FILE)).unwrap();
    assert!(matches!(kept.events.last(), Some(Event::RunFinished(_))));
    assert!(kept.unfinished.is_empty() && !kept.torn);
}

#[test]
fn a_budget_of_cases_or_time_cuts_the_run() {
    let few = run(&wrong_id(), |options| {
        options.schema = declared();
        options.max_cases = Some(5);
    });
    assert_eq!((few.summary.judged, few.summary.complete), (5, false));
    let brief = run(&wrong_id(), |options| {
        options.schema = declared();
        options.time = Some(std::time::Duration::ZERO);
    });
    assert_eq!(brief.summary.judged, 0);
    assert!(brief.summary.cut.unwrap().contains("time"));
}

#[test]
fn a_peer_that_drops_the_line_on_a_command_is_found_with_that_command() {
    let (peer, _) = monitor(|asked| if asked.command == "stop" { Twist::Close } else { Twist::Proper });
    let over = run(&peer, |options| options.schema = declared());
    let found = over.findings();
    let lost = of_rule(&found, "peer-survives");
    assert!(lost.iter().any(|finding| finding.command.as_deref() == Some("stop")), "{lost:?}");
    assert!(lost.iter().all(|finding| finding.reproduced == 3 && finding.peer_after == "disconnected"));
    assert!(over.events.iter().any(|event| matches!(event, Event::PeerRestarted { .. })));
    assert!(over.summary.complete);
}

#[test]
fn what_only_two_commands_together_do_is_found_as_those_two() {
    let (peer, _) = peer(Dialect::Qmp, |mut stream, _| {
        use std::io::Write;
        let listed = std::cell::Cell::new(false);
        if stream.write_all(scripted::GREETING.as_bytes()).is_ok() {
            scripted::serve(stream, Dialect::Qmp, &|asked: &Asked<'_>| match asked.command {
                "stop" if listed.get() => Twist::Close,
                "query-commands" => {
                    listed.set(true);
                    Twist::Proper
                }
                _ => Twist::Proper,
            });
        }
    });
    let over = run(&peer, |options| options.schema = declared());
    let found = over.findings();
    let [finding] = of_rule(&found, "peer-survives")[..] else { panic!("{:?}", over.rules()) };
    assert_eq!(finding.reproduced, 3);
    let steps = [&b"{\"execute\":\"query-commands\"}"[..], b"{\"execute\":\"stop\"}"];
    assert_eq!(finding.case.steps, steps.map(|bytes| qmprobe_wire::Step::Send(bytes.to_vec())));
}

#[test]
fn a_case_that_fails_is_made_smaller() {
    let (peer, _) = monitor(|asked| match asked.command {
        "stop" if asked.answer.starts_with(b"{\"error") => Twist::Proper,
        "stop" => Twist::Close,
        _ => Twist::Proper,
    });
    let over = run(&peer, |options| options.schema = declared());
    let found = over.findings();
    let smallest = of_rule(&found, "peer-survives").into_iter().map(|finding| &finding.case.steps);
    let texts: Vec<String> = smallest.map(|steps| format!("{steps:?}")).collect();
    let bare = format!("{:?}", [qmprobe_wire::Step::Send(b"{\"execute\":\"stop\"}".to_vec())]);
    assert!(texts.contains(&bare), "{texts:?}");
}

#[test]
fn a_finding_that_another_explains_is_withheld() {
    let (peer, _) = monitor(|asked| match asked.command {
        "stop" => Twist::Say(
            format!("{{\"error\": {{\"class\": \"CommandNotFound\", \"desc\": \"\"}}{}}}\r\n", asked.id)
                .into(),
        ),
        _ => Twist::Proper,
    });
    let over = run(&peer, |options| options.schema = declared());
    let of_stop = |over: &stage::Over, rule: &str| {
        over.findings().iter().any(|one| one.rule == rule && one.command.as_deref() == Some("stop"))
    };
    assert!(of_stop(&over, "declared-command"));
    assert!(!of_stop(&over, "arguments-refused"));
    assert!(
        over.rules().contains(&"arguments-unknown"),
        "other commands take anything, which nothing explains"
    );
}

#[test]
fn cases_of_one_kind_that_go_unanswered_are_given_up() {
    let silent = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&silent);
    let (peer, _) = monitor(move |asked: &Asked<'_>| match asked.command {
        "" => {
            counter.fetch_add(1, Ordering::SeqCst);
            Twist::Say(Vec::new())
        }
        _ => Twist::Proper,
    });
    let over = run(&peer, |options| {
        options.schema = declared();
        options.limits = Limits { step_ms_max: 200, ..impatient() };
    });
    assert!(over.rules().contains(&"json-error-answered"), "{:?}", over.rules());
    let noted = |event: &&Event| matches!(event, Event::Noted { text } if text.contains("went unanswered"));
    assert!(over.events.iter().any(|event| noted(&event)));
    assert!(silent.load(Ordering::SeqCst) < 400);
    assert!(over.summary.judged < over.summary.planned);
}

#[test]
fn a_peer_that_leaves_for_good_ends_the_run_with_its_finding() {
    let (peer, _) = peer(Dialect::Qmp, |mut stream, number| {
        use std::io::Write;
        if number < 40 && stream.write_all(scripted::GREETING.as_bytes()).is_ok() {
            scripted::serve(stream, Dialect::Qmp, &|asked: &Asked<'_>| match asked.command {
                "stop" => Twist::Close,
                _ => Twist::Proper,
            });
        }
    });
    let over = run(&peer, |options| {
        options.schema = declared();
        options.limits = impatient();
    });
    assert!(!over.summary.complete);
    assert!(!over.findings().is_empty());
}

#[test]
fn a_peer_that_will_not_tell_its_schema_is_an_error_that_says_what_to_do() {
    let (peer, _) = monitor(|_| Twist::Proper);
    let error = blocking(ask_schema(&peer)).unwrap_err();
    assert!(matches!(error, Error::NoSchema { .. }) && error.to_string().contains("--schema"), "{error}");
}

#[test]
fn a_peer_that_tells_its_schema_is_held_to_it() {
    let told = format!("{{\"return\": {}}}\r\n", DECLARED.replace('\n', " ")).into_bytes();
    let (peer, _) = monitor(move |asked| match asked.command {
        "query-qmp-schema" => Twist::Say(told.clone()),
        _ => Twist::Proper,
    });
    assert_eq!(Some(Arc::new(blocking(ask_schema(&peer)).unwrap().schema)), declared());
    let over = run(&peer, |options| options.max_cases = Some(1));
    assert_eq!(over.summary.commands_declared, 4);
}

#[test]
fn commands_that_may_not_be_sent_are_left_out_with_the_reason() {
    let stopped = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&stopped);
    let (peer, _) = monitor(move |asked| {
        counter.fetch_add(u32::from(asked.command == "stop"), Ordering::SeqCst);
        Twist::Proper
    });
    let over = run(&peer, |options| {
        options.schema = declared();
        options.allow = qmprobe_engine::safety::Class::Observing;
    });
    assert_eq!(stopped.load(Ordering::SeqCst), 0);
    assert!(over.summary.commands_skipped["stop"].contains("--allow changing"));
}
