//! Campaigns against a scripted peer that only two commands together end, and against a released QEMU.
#![allow(clippy::print_stderr, clippy::expect_used, reason = "a test that did not run says so")]

mod scripted;

use qmprobe_engine::event::{Event, Finding};
use qmprobe_engine::fuzz::shard::Shard;
use qmprobe_engine::fuzz::{OUT_BYTES_MAX, Options, run};
use qmprobe_engine::{campaign, safety::Class};
use qmprobe_schema::{Schema, from_introspection};
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Case, Dialect, Limits, Step};
use scripted::{Asked, Twist};
use std::cell::Cell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What the scripted monitor declares.
const DECLARED: &str = r#"[
    {"name": "qmp_capabilities", "meta-type": "command", "arg-type": "0", "ret-type": "1"},
    {"name": "query-version", "meta-type": "command", "arg-type": "1", "ret-type": "any"},
    {"name": "query-commands", "meta-type": "command", "arg-type": "1", "ret-type": "any"},
    {"name": "stop", "meta-type": "command", "arg-type": "1", "ret-type": "1", "allow-oob": true},
    {"name": "0", "meta-type": "object", "members": [{"name": "enable", "type": "2", "default": null}]},
    {"name": "1", "meta-type": "object", "members": []},
    {"name": "2", "meta-type": "array", "element-type": "3"},
    {"name": "3", "meta-type": "enum", "values": ["oob"]},
    {"name": "any", "meta-type": "builtin", "json-type": "value"}
]"#;

/// A campaign that looks for the end of the peer.
fn of_survival(peer: PeerSpec, schema: Option<Arc<Schema>>, out: &Path) -> Options {
    Options {
        run: campaign::Options {
            peer,
            peer_name: None,
            schema,
            allow: Class::Destroying,
            rules: vec!["peer-survives".to_owned()],
            seed: 1,
            time: None,
            out: out.to_owned(),
            waivers: Vec::new(),
            strict: true,
            limits: Limits { step_ms_max: 3_000, ..Limits::default() },
            max_cases: None,
        },
        resume: false,
        out_bytes_max: OUT_BYTES_MAX,
        shard: Shard::WHOLE,
        only_systematic: false,
        corpus: None,
        jobs: 1,
        coverage: None,
    }
}

fn played(options: Options, stop: watch::Receiver<bool>) -> Vec<Event> {
    let mut events = Vec::new();
    let mut sink = |event: &Event| events.push(event.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(options, stop, &mut sink)).expect("a campaign");
    events
}

/// The events of such a campaign that nobody stops.
fn fuzz(
    peer: PeerSpec,
    schema: Option<Arc<Schema>>,
    change: impl FnOnce(&mut campaign::Options),
) -> Vec<Event> {
    let out = tempfile::tempdir().expect("a directory");
    let mut options = of_survival(peer, schema, out.path());
    change(&mut options.run);
    let (_go_on, stop) = watch::channel(false);
    played(options, stop)
}

fn findings(events: &[Event]) -> Vec<Finding> {
    let made = events.iter().filter_map(|event| match event {
        Event::FindingMade(finding) => Some((**finding).clone()),
        _ => None,
    });
    made.collect()
}

fn sent(case: &Case) -> Vec<String> {
    let bytes = case.steps.iter().filter_map(|step| match step {
        Step::Send(bytes) => Some(String::from_utf8_lossy(bytes).trim().to_owned()),
        _ => None,
    });
    bytes.collect()
}

#[test]
fn a_hang_that_takes_long_to_make_small_does_not_outlast_the_time_by_more_than_its_grace() {
    let deaf = AtomicBool::new(false);
    let (peer, _) = scripted::peer(Dialect::Qmp, move |mut stream, _| {
        // After three stops it hears nothing more, and nor does whoever connects next to see whether it is there.
        let (stops, hears) = (Cell::new(0), !deaf.swap(false, Ordering::Relaxed));
        let twist = |asked: &Asked<'_>| {
            stops.set(stops.get() + u32::from(asked.command == "stop"));
            if stops.get() == 3 {
                deaf.store(true, Ordering::Relaxed);
            }
            if hears && stops.get() < 3 { Twist::Proper } else { Twist::Say(Vec::new()) }
        };
        if stream.write_all(scripted::GREETING.as_bytes()).is_ok() {
            scripted::serve(stream, Dialect::Qmp, &twist);
        }
    });
    let schema = from_introspection(DECLARED, "the test").expect("a schema");
    let began = Instant::now();
    let events = fuzz(peer, Some(schema.into()), |run| {
        run.time = Some(Duration::from_secs(3));
        run.limits.step_ms_max = 300;
    });
    assert!(began.elapsed() < Duration::from_secs(3 + 10), "{:?}", began.elapsed());
    let findings = findings(&events);
    let hang = findings.iter().find(|finding| finding.class == "hang").expect("it is told");
    let requests: usize = sent(&hang.case).iter().map(|write| write.matches("{\"exec").count()).sum();
    assert!(requests > 3, "there was no time for that: {:?}", hang.case);
}

#[test]
fn what_a_campaign_was_stopped_looking_into_is_looked_into_by_the_next_and_told() {
    let out = tempfile::tempdir().expect("a directory");
    let suspects = |out: &Path| std::fs::read_dir(out.join("suspects")).map_or(0, Iterator::count);
    let (asked_for, was_asked) = (Arc::new(watch::Sender::new(false)), AtomicBool::new(false));
    let (asks, place) = (Arc::clone(&asked_for), out.path().to_owned());
    let (peer, _) = scripted::peer(Dialect::Qmp, move |mut stream, _| {
        let twist = |asked: &Asked<'_>| match asked.command {
            "stop" if suspects(&place) > 0 && !was_asked.swap(true, Ordering::SeqCst) => {
                // This is the first look at what was seen, and it does not come to its end.
                asks.send_replace(true);
                Twist::Say(Vec::new())
            }
            "stop" => Twist::Say(format!("{{\"return\": 5{}}}\r\n", asked.id).into()),
            _ => Twist::Proper,
        };
        if stream.write_all(scripted::GREETING.as_bytes()).is_ok() {
            scripted::serve(stream, Dialect::Qmp, &twist);
        }
    });
    let schema: Arc<Schema> = from_introspection(DECLARED, "the test").expect("a schema").into();
    let mut options = of_survival(peer, Some(schema), out.path());
    options.run.rules = vec!["return-empty".to_owned()];
    options.run.max_cases = Some(1_500);

    let events = played(options.clone(), asked_for.subscribe());
    assert!(findings(&events).is_empty(), "there was no time: {:?}", findings(&events));
    let told = |event: &Event| matches!(event, Event::Noted { text } if text.contains("suspicions left to look into: 1"));
    assert!(events.iter().any(told), "{events:?}");
    assert_eq!(suspects(out.path()), 1);

    asked_for.send_replace(false);
    options.resume = true;
    let findings = findings(&played(options, asked_for.subscribe()));
    let [finding] = &findings[..] else { panic!("{findings:?}") };
    assert_eq!((finding.rule.as_str(), finding.reproduced), ("return-empty", 5));
    assert_eq!(sent(&finding.case), [r#"{"execute":"stop"}"#]);
    assert_eq!(suspects(out.path()), 0);
}

/// A campaign against a monitor that closes the connection for what `ends` says, which is told whether it was stopped.
fn scripted(ends: impl Fn(&Asked<'_>, bool) -> bool + Send + Sync + 'static) -> Vec<Finding> {
    let (peer, _) = scripted::peer(Dialect::Qmp, move |mut stream, _| {
        let stopped = Cell::new(false);
        let twist = |asked: &Asked<'_>| {
            if ends(asked, stopped.get()) {
                return Twist::Close;
            }
            stopped.set(stopped.get() || asked.command == "stop");
            Twist::Proper
        };
        if stream.write_all(scripted::GREETING.as_bytes()).is_ok() {
            scripted::serve(stream, Dialect::Qmp, &twist);
        }
    });
    let schema = from_introspection(DECLARED, "the test").expect("a schema");
    findings(&fuzz(peer, Some(schema.into()), |run| run.max_cases = Some(1_500)))
}

#[test]
fn a_sequence_that_ends_a_peer_is_made_as_short_as_can_be() {
    let findings = scripted(|asked, stopped| stopped && asked.command == "query-commands");
    let cases: Vec<Vec<String>> = findings.iter().map(|finding| sent(&finding.case)).collect();
    assert!(!cases.is_empty());
    let both = [r#"{"execute":"stop"}"#, r#"{"execute":"query-commands"}"#];
    assert!(cases.iter().any(|case| case.iter().eq(both)), "{cases:?}");
    assert!(findings.iter().all(|finding| finding.reproduced == 5 && finding.tries == 5));
    assert!(findings.iter().all(|finding| finding.after_s.is_some()));
}

#[test]
fn a_peer_that_nothing_ends_gives_no_finding() {
    assert!(scripted(|_, _| false).is_empty());
}

#[test]
fn a_peer_that_several_requests_at_once_end_is_ended_by_no_more_of_them_than_it_takes() {
    let findings =
        scripted(|asked, _| asked.behind == 2 && asked.command == "query-commands" && !asked.urgent);
    let finding = findings.first().expect("a finding");
    assert_eq!((finding.command.as_deref(), finding.reproduced), (Some("query-commands"), 5));
    let [only] = &sent(&finding.case)[..] else { panic!("{:?}", finding.case) };
    assert_eq!(only.lines().count(), 3, "{only}");
}

#[test]
fn a_peer_that_ends_of_what_overtakes_another_request_is_sent_both() {
    let findings = scripted(|asked, _| asked.urgent && asked.command == "stop" && asked.behind > 0);
    let finding = findings.first().expect("a finding");
    assert_eq!((finding.command.as_deref(), finding.reproduced), (Some("stop"), 5));
    let all = sent(&finding.case).concat();
    // This peer executes out of band whoever asks.
    assert!(all.lines().count() == 2 && all.contains(r#""exec-oob":"stop""#), "{all}");
}

#[test]
fn crashes_of_a_released_qemu_are_found_in_short_sequences_that_reproduce() {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).map(|place| place.join("qemu-system-x86_64"));
    let Some(binary): Option<PathBuf> = places.find(|path| path.is_file()) else {
        assert_ne!(std::env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no QEMU");
        return eprintln!("not run: there is no qemu-system-x86_64");
    };
    let events = fuzz(PeerSpec::Qemu { binary, extra: Vec::new() }, None, |run| {
        run.time = Some(Duration::from_secs(25));
    });
    let findings = findings(&events);
    let crashes: Vec<&Finding> = findings.iter().filter(|finding| finding.class.starts_with("SIG")).collect();
    assert!(!crashes.is_empty(), "{findings:?}");
    for finding in crashes {
        assert!(finding.case.steps.len() <= 5, "{:?}", sent(&finding.case));
        assert_eq!((finding.reproduced, finding.tries), (5, 5), "{:?}", sent(&finding.case));
    }
    // A machine that this program does not have is no finding, and said once.
    let left_out = |event: &&Event| matches!(event, Event::Noted { text } if text.contains("does not start: -machine virt"));
    assert_eq!(events.iter().filter(left_out).count(), 1);
    let played = |machine: &str| {
        let of = |event: &Event| matches!(event, Event::RoundBegan { setup, .. } if setup.contains(machine));
        events.iter().any(of)
    };
    for (machine, is_there) in [("-machine none", true), ("-machine virt", false)] {
        assert_eq!(played(machine), is_there, "{machine}");
    }
}
