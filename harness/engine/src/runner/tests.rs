//! The runner against scripted peers: what is waited for, what is recorded, and what becomes of the session.

mod pace;
#[path = "../../tests/scripted/mod.rs"]
mod scripted;

use super::*;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{CaseId, Frame, LineEnd, Repeat, Start, Step, Weight};
use scripted::{Asked, Twist, agent, impatient, monitor, peer};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn case(start: Start, steps: Vec<Step>) -> Arc<Case> {
    let id = CaseId { seed: 0, index: 0 };
    Arc::new(Case { id, name: "a case".into(), command: None, aim: None, start, steps })
}

fn send(text: &str) -> Step {
    Step::Send(text.as_bytes().to_vec())
}

fn version(id: u32) -> Step {
    send(&format!("{{\"execute\":\"query-version\",\"id\":{id}}}"))
}

struct Stage {
    runtime: tokio::runtime::Runtime,
    runner: Runner,
    stopper: watch::Sender<bool>,
}

impl Stage {
    fn new(spec: &PeerSpec) -> Stage {
        Stage::with(spec, &impatient())
    }

    fn with(spec: &PeerSpec, limits: &Limits) -> Stage {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let schema = Arc::new(crate::schema_of::least(spec.dialect()).unwrap());
        let (stopper, stop) = watch::channel(false);
        let runner = runtime.block_on(Runner::open(spec, limits, schema, None, stop)).unwrap();
        Stage { runtime, runner, stopper }
    }

    fn ran(&mut self, start: Start, steps: Vec<Step>) -> Ran {
        self.runtime.block_on(self.runner.run(&case(start, steps)))
    }

    fn run(&mut self, start: Start, steps: Vec<Step>) -> Transcript {
        match self.ran(start, steps) {
            Ran::Through(transcript) => transcript,
            other => panic!("{other:?}"),
        }
    }
}

fn texts(exchange: &Exchange) -> Vec<String> {
    exchange.messages().map(|message| String::from_utf8_lossy(&message.bytes).into_owned()).collect()
}

fn on(command: &'static str, bytes: &'static [u8]) -> impl Fn(&Asked<'_>) -> Twist {
    move |asked| if asked.command == command { Twist::Say(bytes.to_vec()) } else { Twist::Proper }
}

fn timed_out(exchange: &Exchange) -> bool {
    matches!(exchange.end, ExchangeEnd::TimedOut { .. })
}

#[test]
fn clean_cases_share_one_session_and_their_bytes_are_exact() {
    let (spec, connections) = monitor(|_| Twist::Proper);
    let mut stage = Stage::new(&spec);
    for id in 1..=3 {
        let transcript = stage.run(Start::Command, vec![version(id)]);
        assert_eq!(transcript.ending, Ending::Alive);
        assert_eq!(transcript.version, Version::parse("7.2.0"));
        let [exchange] = &transcript.exchanges[..] else { panic!("{transcript:?}") };
        assert_eq!(
            exchange.sent.to_vec(),
            format!("{{\"execute\":\"query-version\",\"id\":{id}}}").as_bytes()
        );
        assert_eq!(exchange.end, ExchangeEnd::Complete);
        assert!(texts(exchange)[0].ends_with(&format!("\"id\": {id}}}")));
    }
    assert_eq!(connections.count(), 1);
}

#[test]
fn every_predicted_reply_of_one_write_is_waited_for() {
    let (spec, _) = monitor(|_| Twist::Proper);
    let many =
        send("{\"execute\":\"query-version\"}{]{\"execute\":\"no\"} 1 {\"execute\":\"query-commands\"}");
    let transcript = Stage::new(&spec).run(Start::Command, vec![many]);
    assert_eq!(transcript.exchanges[0].replies().count(), 5);
}

#[test]
fn the_last_command_of_a_stream_is_waited_for_whatever_it_is_answered() {
    let (spec, _) = monitor(|asked| {
        if asked.command == "no-such" {
            std::thread::sleep(Duration::from_millis(100));
        }
        Twist::Proper
    });
    let mut stage = Stage::new(&spec);
    let whole = qmprobe_schema::shipped("storage-daemon-7.2").unwrap().unwrap();
    stage.runner.adopt(Arc::new(whole));
    stage.runner.set_model(Model::Tolerant);
    let aim = Some(qmprobe_generate::stream::AIM.to_owned());
    let stream = send("1,1,1,\n\u{1}\n{\"execute\":\"no-such\",\"id\":\"end\"}\n");
    let case = Arc::new(Case { aim, ..(*case(Start::Command, vec![stream])).clone() });
    let Ran::Through(transcript) = stage.runtime.block_on(stage.runner.run(&case)) else { panic!() };
    let texts = texts(&transcript.exchanges[0]);
    assert!(texts.last().is_some_and(|last| last.contains("\"end\"")), "{transcript:?}");
}

#[test]
fn half_a_command_is_not_waited_for_and_its_session_serves_no_other_case() {
    let (spec, connections) = monitor(|_| Twist::Proper);
    let mut stage = Stage::new(&spec);
    let began = Instant::now();
    let transcript = stage.run(Start::Command, vec![send("{\"execute\":")]);
    assert!(began.elapsed().as_millis() < 300);
    assert_eq!(transcript.exchanges[0].end, ExchangeEnd::Complete);
    stage.run(Start::Command, vec![version(1)]);
    assert_eq!(connections.count(), 2);
}

#[test]
fn a_reply_that_stays_out_times_out_and_the_peer_is_asked_whether_it_lives() {
    let (spec, connections) = monitor(on("query-commands", b""));
    let mut stage = Stage::new(&spec);
    let transcript = stage.run(Start::Command, vec![send("{\"execute\":\"query-commands\"}"), version(2)]);
    assert!(timed_out(&transcript.exchanges[0]));
    assert_eq!(transcript.exchanges.len(), 1, "nothing is sent after a timeout");
    assert_eq!(transcript.ending, Ending::Alive);
    assert_eq!(connections.count(), 2);
    assert_eq!(stage.run(Start::Command, vec![version(1)]).exchanges[0].end, ExchangeEnd::Complete);
}

#[test]
fn a_peer_that_answered_and_falls_silent_for_good_hangs() {
    let (spec, _) = peer(Dialect::Qmp, |stream, number| match number {
        0 => {
            (&stream).write_all(scripted::GREETING.as_bytes()).unwrap();
            scripted::serve(stream, Dialect::Qmp, &on("query-commands", b""));
        }
        _ => scripted::swallow(&stream),
    });
    let transcript = Stage::new(&spec).run(Start::Command, vec![send("{\"execute\":\"query-commands\"}")]);
    assert_eq!(transcript.ending, Ending::Hung);
}

#[test]
fn a_peer_that_never_answered_is_not_called_hung() {
    let (spec, _) = peer(Dialect::Qmp, |stream, _| scripted::swallow(&stream));
    let transcript = Stage::new(&spec).run(Start::Greeting, vec![version(1)]);
    assert_eq!(transcript.ending, Ending::Alive);
    assert!(timed_out(&transcript.exchanges[0]) && transcript.exchanges[0].opened);
    assert!(timed_out(&transcript.exchanges[1]), "a missing greeting keeps nobody from sending");
}

#[test]
fn a_missing_greeting_is_waited_for_in_full_only_once() {
    let (spec, _) = peer(Dialect::Qmp, |stream, _| {
        scripted::serve(stream, Dialect::Qmp, &|_| Twist::Proper);
    });
    let limits = Limits { greeting_ms_max: 1_500, ..impatient() };
    let mut stage = Stage::with(&spec, &limits);
    let took = |stage: &mut Stage| {
        let began = Instant::now();
        let transcript = stage.run(Start::Greeting, vec![send("{\"execute\":\"qmp_capabilities\"}")]);
        assert_eq!(transcript.exchanges[1].end, ExchangeEnd::Complete);
        began.elapsed().as_millis()
    };
    assert!(took(&mut stage) >= 1_500);
    assert!(took(&mut stage) < 1_000);
}

#[test]
fn a_peer_that_closes_is_disconnected_and_its_last_words_are_kept() {
    let (spec, _) =
        monitor(|asked| if asked.command == "query-commands" { Twist::Close } else { Twist::Proper });
    let mut stage = Stage::new(&spec);
    let transcript = stage
        .run(Start::Command, vec![send("{\"execute\":\"query-version\"}{\"execute\":\"query-commands\"}")]);
    assert_eq!(transcript.exchanges[0].end, ExchangeEnd::Closed);
    assert_eq!(transcript.exchanges[0].replies().count(), 1);
    assert_eq!(transcript.ending, Ending::Disconnected);
}

#[test]
fn a_peer_lost_between_two_cases_is_not_blamed_on_the_second() {
    let (spec, _) = peer(Dialect::Qmp, |mut stream, _| {
        stream.write_all(scripted::GREETING.as_bytes()).unwrap();
        let twist = |asked: &Asked<'_>| match asked.nth {
            0 | 1 => Twist::Proper,
            _ => Twist::Close,
        };
        let closer = stream.try_clone().unwrap();
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(150));
            let _ = closer.shutdown(std::net::Shutdown::Both);
        });
        scripted::serve(stream, Dialect::Qmp, &twist);
    });
    let mut stage = Stage::new(&spec);
    assert_eq!(stage.run(Start::Command, vec![version(1)]).ending, Ending::Alive);
    std::thread::sleep(Duration::from_millis(300));
    let ran = stage.ran(Start::Command, vec![version(2)]);
    assert!(matches!(ran, Ran::LostBefore(Ending::Disconnected)), "{ran:?}");
}

#[test]
fn a_second_reply_is_recorded_where_it_came_and_ends_the_session() {
    let twice = b"{\"return\": {}}\r\n{\"return\": {}}\r\n";
    let (spec, connections) = monitor(on("query-commands", twice));
    let mut stage = Stage::new(&spec);
    let transcript = stage.run(Start::Command, vec![send("{\"execute\":\"query-commands\"}")]);
    assert_eq!(transcript.exchanges[0].replies().count(), 2);
    stage.run(Start::Command, vec![version(1)]);
    assert_eq!(connections.count(), 2);
}

#[test]
fn what_comes_late_belongs_to_the_exchange_before() {
    let (spec, _) = peer(Dialect::Qmp, |mut stream, _| {
        stream.write_all(scripted::GREETING.as_bytes()).unwrap();
        let late = stream.try_clone().unwrap();
        let twist = move |asked: &Asked<'_>| {
            if asked.command == "query-commands" {
                let mut late = late.try_clone().unwrap();
                std::thread::spawn(move || {
                    std::thread::sleep(Duration::from_millis(50));
                    late.write_all(b"{\"return\": \"late\"}\r\n")
                });
            }
            Twist::Proper
        };
        scripted::serve(stream, Dialect::Qmp, &twist);
    });
    let steps = vec![send("{\"execute\":\"query-commands\"}"), Step::Settle(120), version(1)];
    let transcript = Stage::new(&spec).run(Start::Command, steps);
    assert_eq!(transcript.exchanges[0].replies().count(), 1);
    assert_eq!(texts(&transcript.exchanges[1]), ["{\"return\": \"late\"}"]);
    assert_eq!(transcript.exchanges[2].replies().count(), 1);
}

#[test]
fn a_message_without_a_line_end_is_taken_after_a_moment() {
    let (spec, _) = monitor(|asked| match asked.command {
        "query-commands" => Twist::Say(b"{\"return\": {}}".to_vec()),
        _ => Twist::Proper,
    });
    let mut stage = Stage::new(&spec);
    let mut took = Vec::new();
    for _ in 0..12 {
        let began = Instant::now();
        let transcript = stage.run(Start::Command, vec![send("{\"execute\":\"query-commands\"}")]);
        took.push(began.elapsed());
        let message = transcript.exchanges[0].messages().next().unwrap();
        assert_eq!(message.line_end, LineEnd::Missing);
        assert_eq!(transcript.exchanges[0].end, ExchangeEnd::Complete);
    }
    let grace = Duration::from_millis(30);
    assert!(took[..3].iter().all(|took| *took >= grace), "{took:?}");
    assert!(took[3..].iter().any(|took| *took < grace), "three in a row were missed: {took:?}");
}

#[test]
fn an_endless_message_is_a_flood() {
    let (spec, _) = peer(Dialect::Qmp, |mut stream, _| while stream.write_all(&[b'['; 65_536]).is_ok() {});
    let limits = Limits { message_bytes_max: 1 << 20, ..impatient() };
    let transcript = Stage::with(&spec, &limits).run(Start::Command, vec![version(1)]);
    assert_eq!(transcript.exchanges[0].end, ExchangeEnd::Flooded("message_bytes_max"));
    assert!(transcript.exchanges[0].opened);
}

#[test]
fn endless_events_are_a_flood() {
    let event = b"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 1}, \"event\": \"E\"}\r\n".repeat(500);
    let (spec, _) = peer(Dialect::Qmp, move |mut stream, _| {
        stream.write_all(scripted::GREETING.as_bytes()).unwrap();
        while stream.write_all(&event).is_ok() {}
    });
    let limits = Limits { case_messages_max: 5_000, ..impatient() };
    let transcript = Stage::with(&spec, &limits).run(Start::Greeting, vec![version(1), Step::Settle(60_000)]);
    let last = transcript.exchanges.last().unwrap();
    assert_eq!(last.end, ExchangeEnd::Flooded("case_messages_max"));
}

#[test]
fn a_reply_that_drips_in_times_out_and_what_came_of_it_is_kept() {
    let (spec, _) = peer(Dialect::Qmp, |mut stream, _| {
        for byte in scripted::GREETING.bytes() {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(40));
        }
    });
    let began = Instant::now();
    let transcript = Stage::new(&spec).run(Start::Command, vec![version(1)]);
    assert!(began.elapsed().as_millis() < 1_500);
    assert!(timed_out(&transcript.exchanges[0]));
    let Frame::Garbage(bytes) = &transcript.exchanges[0].received[0].frame else { panic!("{transcript:?}") };
    assert!(scripted::GREETING.as_bytes().starts_with(bytes) && bytes.len() > 3);
}

#[test]
fn the_greeting_is_an_exchange_of_its_own_or_part_of_the_first() {
    let (spec, _) = monitor(|_| Twist::Proper);
    let mut stage = Stage::new(&spec);
    let steps = || vec![send("{\"execute\":\"qmp_capabilities\"}")];
    let greeted = stage.run(Start::Greeting, steps());
    assert!(greeted.exchanges[0].opened && greeted.exchanges[0].sent.is_empty());
    assert_eq!(greeted.exchanges.len(), 2);
    assert!(!greeted.start.negotiated);
    let connected = stage.run(Start::Connected, steps());
    assert_eq!(connected.exchanges.len(), 1);
    assert_eq!(connected.exchanges[0].messages().count(), 2);
}

#[test]
fn a_reconnection_is_counted_and_greeted() {
    let (spec, connections) = monitor(|_| Twist::Proper);
    let mut stage = Stage::new(&spec);
    let transcript = stage.run(Start::Greeting, vec![version(1), Step::Reconnect, version(2)]);
    let seen: Vec<(u32, bool)> =
        transcript.exchanges.iter().map(|one| (one.connection, one.opened)).collect();
    assert_eq!(seen, [(0, true), (0, false), (1, true), (1, false)]);
    assert_eq!(connections.count(), 2);
}

#[test]
fn a_half_closed_connection_is_read_to_its_end() {
    let (spec, connections) = monitor(|_| Twist::Proper);
    let mut stage = Stage::new(&spec);
    let push = Step::Push(b"{\"execute\":\"query-version\",\"id\":1}".to_vec());
    let transcript = stage.run(Start::Command, vec![push, Step::HalfClose]);
    assert_eq!(transcript.exchanges[0].replies().count(), 1, "the reply belongs to what was pushed");
    assert_eq!(transcript.exchanges[1].end, ExchangeEnd::Complete);
    assert_eq!(transcript.ending, Ending::Alive);
    stage.run(Start::Command, vec![version(1)]);
    assert_eq!(connections.count(), 2);
}

#[test]
fn what_is_repeated_for_its_leaks_is_repeated_while_something_grows() {
    let rounds = |kib: &'static [u64]| {
        let (PeerSpec::Embedded(mut spec), _) = monitor(|_| Twist::Proper) else { panic!("it is embedded") };
        let times = AtomicUsize::new(0);
        let weigh = move || Weight {
            memory_kib: kib[times.fetch_add(1, Ordering::SeqCst).min(kib.len() - 1)],
            ..Weight::default()
        };
        spec.weigh = Some(Arc::new(weigh));
        let bytes = b"{\"execute\":\"query-version\"}\n".to_vec();
        let steps = vec![Step::Repeat(Repeat { bytes, times: 2 }); 9];
        Stage::new(&PeerSpec::Embedded(spec)).run(Start::Command, steps).exchanges.len()
    };
    assert_eq!(rounds(&[100, 180, 190, 200, 210, 220, 230, 240, 250]), 9);
    assert_eq!(rounds(&[100, 180, 190, 200, 210, 220, 230, 230]), 8);
    assert_eq!(rounds(&[100, 180]), 6, "so often in any case");
}

#[test]
fn replies_to_what_was_pushed_belong_to_it() {
    let (spec, _) = monitor(|_| Twist::Proper);
    let push = Step::Push(
        b"{\"execute\":\"query-version\",\"id\":1}{\"execute\":\"query-commands\",\"id\":2}".to_vec(),
    );
    let transcript = Stage::new(&spec).run(Start::Command, vec![push, version(3)]);
    let ids = |at: usize| {
        let replies = transcript.exchanges[at].replies();
        replies.map(|reply| reply.get("id").unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!((ids(0), ids(1)), (vec!["1".to_owned(), "2".to_owned()], vec!["3".to_owned()]));
}

#[test]
fn an_agent_is_synchronised_with_whatever_its_channel_holds() {
    let (spec, _) = peer(Dialect::Qga, |mut stream, _| {
        stream.write_all(b"{\"return\": 1}\n{\"ret").unwrap();
        scripted::serve(stream, Dialect::Qga, &|_| Twist::Proper);
    });
    let transcript = Stage::new(&spec).run(Start::Command, vec![send("{\"execute\":\"guest-ping\"}")]);
    assert_eq!(texts(&transcript.exchanges[0]), ["{\"return\": {}}"]);
}

/// Somebody's agent that closes every connection after the first before a word, until it has done so `times` times.
fn turns_away(times: u32) -> (tempfile::TempDir, PeerSpec) {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("agent");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for (number, stream) in (0..).zip(listener.incoming().flatten()) {
            if number == 0 || number > times {
                std::thread::spawn(|| scripted::serve(stream, Dialect::Qga, &|_| Twist::Proper));
            }
        }
    });
    (place, PeerSpec::Connect { address: qmprobe_target::Address::Unix(path), dialect: Dialect::Qga })
}

#[test]
fn an_agent_that_turns_a_client_away_is_tried_again_and_one_that_always_does_is_found_out() {
    for (times, replies) in [(1, 1), (9, 0)] {
        let (_place, spec) = turns_away(times);
        let mut stage = Stage::new(&spec);
        stage.run(Start::Command, vec![send("{\"execute\":\"guest-ping\"}")]);
        let push = Step::Push(b"{\"execute\":\"guest-ping\",\"id\":1}".to_vec());
        let transcript = stage.run(Start::Greeting, vec![push, Step::HalfClose]);
        let heard: usize = transcript.exchanges.iter().map(|exchange| exchange.replies().count()).sum();
        assert_eq!(heard, replies, "{transcript:?}");
    }
}

#[test]
fn an_agents_leftovers_are_cleared_before_the_connection_is_closed() {
    let (sender, heard) = std::sync::mpsc::channel();
    let sender = std::sync::Mutex::new(sender);
    let (spec, _) = agent(move |asked| {
        sender.lock().unwrap().send(asked.command.to_owned()).unwrap();
        Twist::Proper
    });
    let mut stage = Stage::new(&spec);
    stage.run(Start::Command, vec![send("{\"execute\":\"guest-ping\",\"id\":")]);
    let heard: Vec<String> = heard.try_iter().collect();
    assert_eq!(heard, ["guest-ping", "", "guest-sync-delimited", ""], "a word, 0xFF, sync, 0xFF");
}

#[test]
fn an_agent_that_ignores_garbage_is_not_waited_for_in_full() {
    let (spec, _) =
        agent(|asked| if asked.command.is_empty() { Twist::Say(Vec::new()) } else { Twist::Proper });
    let limits = Limits { step_ms_max: 5_000, ..impatient() };
    let mut stage = Stage::with(&spec, &limits);
    let began = Instant::now();
    let bytes = Step::Send(b"\xff{\"execute\":\"guest-ping\",\"id\":1}".to_vec());
    let transcript = stage.run(Start::Command, vec![bytes]);
    assert_eq!(transcript.exchanges[0].end, ExchangeEnd::Complete);
    assert!(began.elapsed().as_millis() < 2_000);
}

#[test]
fn a_run_that_is_stopped_does_not_wait_for_the_deadline() {
    let (spec, _) = monitor(on("query-commands", b""));
    let limits = Limits { step_ms_max: 60_000, case_ms_max: 60_000, ..impatient() };
    let mut stage = Stage::with(&spec, &limits);
    let stopper = stage.stopper.clone();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        stopper.send(true)
    });
    let began = Instant::now();
    assert!(matches!(
        stage.ran(Start::Command, vec![send("{\"execute\":\"query-commands\"}")]),
        Ran::Stopped
    ));
    assert!(began.elapsed().as_millis() < 2_000);
}

#[test]
fn silence_is_counted_over_cases_and_ends_with_a_reply() {
    let (spec, _) = peer(Dialect::Qmp, |mut stream, number| {
        if number >= 2 {
            stream.write_all(scripted::GREETING.as_bytes()).unwrap();
            scripted::serve(stream, Dialect::Qmp, &|_| Twist::Proper);
        } else {
            scripted::swallow(&stream);
        }
    });
    let mut stage = Stage::new(&spec);
    for silent in [1, 2, 0] {
        stage.run(Start::Greeting, vec![send("{\"execute\":\"qmp_capabilities\"}")]);
        assert_eq!(stage.runner.silent_cases(), silent);
    }
}

/// An agent that takes its time over every reply.
fn slow_agent(ms: u64) -> PeerSpec {
    let twist = move |_: &Asked<'_>| {
        std::thread::sleep(Duration::from_millis(ms));
        Twist::Proper
    };
    agent(twist).0
}

#[test]
fn a_pause_is_no_time_limit_for_the_reply_to_what_was_pushed_before() {
    let push = Step::Push(b"{\"execute\":\"guest-sync\",\"arguments\":{\"id\":5}}".to_vec());
    let sync =
        Step::Sync(qmprobe_wire::Sync { before: b"\n".as_slice().into(), token: 7, faults: Vec::new() });
    let transcript = Stage::new(&slow_agent(20)).run(Start::Command, vec![push, Step::Settle(1), sync]);
    let texts: Vec<Vec<String>> = transcript.exchanges.iter().map(texts).collect();
    let error = "{\"error\": {\"class\": \"GenericError\", \"desc\": \"d\"}}";
    let none: [&str; 0] = [];
    assert_eq!(texts[0], ["{\"return\": 5}"]);
    assert_eq!(texts[1], none);
    assert_eq!(texts[2], [error, "{\"return\": 7}"]);
}

#[test]
fn a_peer_that_goes_on_answering_is_heard_out() {
    let (spec, _) = monitor(|asked| {
        std::thread::sleep(Duration::from_millis(if asked.nth == 0 { 0 } else { 220 }));
        Twist::Proper
    });
    let mut stage = Stage::with(&spec, &Limits::default());
    stage.runner.set_model(Model::Tolerant);
    let transcript =
        stage.run(Start::Command, vec![send("{]\n{]\n{\"execute\":\"query-version\",\"id\":1}")]);
    assert_eq!(transcript.exchanges[0].replies().count(), 3);
}

#[test]
fn a_line_end_that_comes_by_itself_is_waited_for_from_a_peer_that_sends_them() {
    let (spec, _) = peer(Dialect::Qmp, |mut stream, _| {
        let reply = "{\"return\": {}, \"id\": \"qmprobe\"}";
        let _ = stream.write_all(scripted::GREETING.as_bytes());
        let mut chunk = [0; 4096];
        while let Ok(1..) = std::io::Read::read(&mut stream, &mut chunk) {
            let _ = stream.write_all(reply.as_bytes());
            std::thread::sleep(Duration::from_millis(150));
            let _ = stream.write_all(b"\r\n");
        }
    });
    let transcript = Stage::new(&spec).run(Start::Command, vec![version(1)]);
    let line_ends: Vec<LineEnd> = transcript.exchanges[0].messages().map(|one| one.line_end).collect();
    assert_eq!(line_ends, [LineEnd::CrLf]);
}

#[test]
fn each_of_several_requests_under_way_has_a_steps_time() {
    let slow = |_: &Asked<'_>| {
        std::thread::sleep(Duration::from_millis(80));
        Twist::Proper
    };
    let (spec, _) = monitor(slow);
    let mut stage = Stage::with(&spec, &Limits { step_ms_max: 200, ..impatient() });
    let all: String = (1..=5).map(|id| format!("{{\"execute\":\"query-version\",\"id\":{id}}}")).collect();
    let transcript = stage.run(Start::Command, vec![send(&all)]);
    let [exchange] = &transcript.exchanges[..] else { panic!("{transcript:?}") };
    assert_eq!((&exchange.end, exchange.replies().count()), (&ExchangeEnd::Complete, 5));
    let began = Instant::now();
    let (spec, _) =
        monitor(|asked| if asked.id.ends_with(" 3") { Twist::Say(Vec::new()) } else { Twist::Proper });
    let mut stage = Stage::with(&spec, &Limits { step_ms_max: 200, ..impatient() });
    let transcript = stage.run(Start::Command, vec![send(&all)]);
    assert!(timed_out(&transcript.exchanges[0]), "what does not come is not waited for longer");
    assert!(began.elapsed() < Duration::from_millis(1_500));
}

#[test]
fn a_peer_that_still_answers_when_the_time_is_up_was_not_silent() {
    let all: String = (1..=20).map(|id| format!("{{\"execute\":\"query-version\",\"id\":{id}}}")).collect();
    let limits = Limits { step_ms_max: 400, case_ms_max: 1_500, ..impatient() };
    let end = |step: fn(&str) -> Vec<Step>, answered: usize| {
        let (spec, _) = monitor(move |asked| {
            std::thread::sleep(Duration::from_millis(150));
            if asked.behind >= answered { Twist::Say(Vec::new()) } else { Twist::Proper }
        });
        let mut stage = Stage::with(&spec, &limits);
        stage.run(Start::Command, vec![version(0)]);
        let transcript = stage.run(Start::Command, step(&all));
        (transcript.exchanges[0].end.clone(), transcript.exchanges[0].replies().count())
    };
    let sent = |all: &str| vec![send(all)];
    let pushed = |all: &str| vec![Step::Push(all.as_bytes().to_vec()), version(10)];
    for step in [sent, pushed] {
        let (slow, replies) = end(step, 20);
        assert_eq!(slow, ExchangeEnd::Unread);
        assert!((1..20).contains(&replies));
    }
    let (silent, replies) = end(sent, 1);
    assert!(matches!(silent, ExchangeEnd::TimedOut { .. }), "{silent:?}");
    assert_eq!(replies, 1);
}

#[test]
fn a_reply_that_may_stay_out_and_has_begun_is_waited_for() {
    let (spec, _) = peer(Dialect::Qga, |stream, _| {
        let out = stream.try_clone().expect("a socket");
        scripted::serve(stream, Dialect::Qga, &move |asked: &Asked<'_>| {
            let (head, tail) = asked.answer.split_at(if asked.command.is_empty() { 4 } else { 0 });
            for byte in head {
                let _ = (&mut &out).write_all(&[*byte]);
                std::thread::sleep(Duration::from_millis(150));
            }
            Twist::Say(tail.to_vec())
        });
    });
    let bytes = b"{\"execute\":\"guest-ping\",\"id\":1}\n{\"a\"\xff".to_vec();
    let mut stage = Stage::with(&spec, &Limits { step_ms_max: 2_000, ..impatient() });
    let transcript = stage.run(Start::Command, vec![Step::Send(bytes)]);
    assert_eq!(transcript.exchanges[0].replies().count(), 2, "{transcript:?}");
}
