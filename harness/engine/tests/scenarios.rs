//! Scenarios against peers of a few lines: what makes a line come true, what does not, and that a peer which
//! will not play costs no more than its time.

mod scripted;

use qmprobe_engine::Event;
use qmprobe_engine::safety::Class;
use qmprobe_engine::scenarios::{self, Entry, Options, Told};
use qmprobe_scenario::{Known, parse};
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits};
use scripted::{Asked, GREETING, Twist, impatient, monitor, peer, serve, swallow};
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const EVENT: &str = "{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}\r\n";

fn play(spec: &PeerSpec, text: &str, limits: Limits) -> Told {
    let text = format!("rule: one-reply\nunjudged: what the lines say is what is tested\n{text}");
    let scenario = parse(&text, "test.qmp", Known::default()).unwrap_or_else(|bad| panic!("{bad}"));
    let options = Options {
        peer: spec.clone(),
        schema: None,
        allow: Class::Destroying,
        waivers: Vec::new(),
        strict: false,
        tries: 2,
        limits,
        entries: vec![Entry { name: "test.qmp".to_owned(), scenario }],
    };
    let (_go_on, stop) = watch::channel(false);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut finished = false;
    let mut sink = |event: &Event| finished |= matches!(event, Event::RunFinished(_));
    let mut results = runtime.block_on(scenarios::run(&options, stop, &mut sink)).expect("there is a peer");
    assert!(finished);
    results.pop().expect("there is a result").told
}

/// Plays against a small monitor that is bent by `twist`.
fn told(twist: fn(&Asked<'_>) -> Twist, text: &str) -> Told {
    play(&monitor(twist).0, text, impatient())
}

fn proper(_: &Asked<'_>) -> Twist {
    Twist::Proper
}

/// The line that failed, and in which words.
fn broken(told: Told) -> (usize, String) {
    match told {
        Told::Failed { broken: Some(broken), fails: 2, tries: 2, known: None, .. } => {
            // The two lines of the header that every scenario here has are not counted.
            (broken.line - 2, broken.to_string())
        }
        other => panic!("{other:?}"),
    }
}

/// `stop` is answered behind two events, and an exec-oob before all that waits.
fn eventful(asked: &Asked<'_>) -> Twist {
    match asked.command {
        "stop" => Twist::Say([EVENT.as_bytes(), EVENT.as_bytes(), &asked.answer].concat()),
        _ => Twist::Proper,
    }
}

#[test]
fn events_pass_between_the_lines_unless_they_are_to_be_exact() {
    let text = "-> {\"execute\": \"stop\"}\n<- {\"return\": {}}\n";
    assert_eq!(told(eventful, text), Told::Held);
    assert_eq!(told(eventful, &format!("{text}event STOP\n<- {{\"event\": \"STOP\"}}\n")), Told::Held);
    assert_eq!(told(eventful, &format!("events: exact\n{text}event STOP\nevent STOP\n")), Told::Held);
    let (line, why) = broken(told(eventful, &format!("events: exact\n{text}event STOP\n")));
    assert!(line == 4 && why.contains("no line tells of {\"timestamp\""), "{line}: {why}");
    let (line, why) = broken(told(eventful, &format!("{text}event RESUME\n")));
    assert!(line == 3 && why.contains("\"RESUME\" is due, there is \"STOP\""), "{line}: {why}");
}

#[test]
fn a_reply_that_no_line_tells_of_fails_the_scenario() {
    let twice = |asked: &Asked<'_>| match asked.command {
        "stop" => Twist::Say([&asked.answer[..], &asked.answer].concat()),
        _ => Twist::Proper,
    };
    let text = "-> {\"execute\": \"stop\", \"id\": 1}\n<- {\"return\": {}, \"id\": 1}\nsilence 50ms\n";
    assert_eq!(told(proper, text), Told::Held);
    let (line, why) = broken(told(twice, text));
    assert!(line == 3 && why.contains("there came {\"return\": {}, \"id\": 1}"), "{line}: {why}");
    assert_eq!(told(twice, &format!("{}...\n", text.replace("silence 50ms\n", ""))), Told::Held);
}

#[test]
fn what_overtakes_may_come_before_or_after_what_it_may_overtake() {
    let urgent_first = |asked: &Asked<'_>| match asked.command {
        "query-commands" => {
            Twist::Say(b"{\"return\": {}, \"id\": \"urgent\"}\r\n{\"return\": {}, \"id\": 1}\r\n".to_vec())
        }
        "stop" => {
            Twist::Say(b"{\"return\": {}, \"id\": 1}\r\n{\"return\": {}, \"id\": \"urgent\"}\r\n".to_vec())
        }
        _ => Twist::Proper,
    };
    let plain = "<- {\"return\": {}, \"id\": 1}\n";
    let oob = "oob <- {\"return\": {}, \"id\": \"urgent\"}\n";
    for command in ["query-commands", "stop"] {
        for answers in [format!("{plain}{oob}"), format!("{oob}{plain}")] {
            let text = format!("-> {{\"execute\": \"{command}\"}}\n{answers}");
            assert_eq!(told(urgent_first, &text), Told::Held, "{text}");
        }
    }
    let strict = format!("-> {{\"execute\": \"query-commands\"}}\n{plain}{}", oob.replace("oob ", ""));
    let (line, why) = broken(told(urgent_first, &strict));
    assert!(line == 2 && why.contains("id: 1 is due, there is \"urgent\""), "{line}: {why}");
}

#[test]
fn an_elision_drops_what_comes_up_to_the_match() {
    let chatty = |asked: &Asked<'_>| match asked.command {
        "stop" => Twist::Say([b"{\"return\": 1}\r\n{\"return\": 2}\r\n", &asked.answer[..]].concat()),
        _ => Twist::Proper,
    };
    let text = "-> {\"execute\": \"stop\", \"id\": 1}\n...\n<- {\"return\": {}, \"id\": 1}\n";
    assert_eq!(told(chatty, text), Told::Held);
    let (line, why) = broken(told(chatty, &text.replace("...\n", "")));
    assert!(line == 2 && why.contains("there came {\"return\": 1}"), "{line}: {why}");
}

#[test]
fn a_sentinel_must_stand_where_a_line_says_so_and_nowhere_else() {
    let (spec, _) = scripted::agent(|_| Twist::Proper);
    let delimited = "dialect: qga\n-> {\"execute\": \"guest-sync-delimited\", \"arguments\": {\"id\": 5}}\n";
    assert_eq!(play(&spec, &format!("{delimited}<- 0xFF {{\"return\": 5}}\n"), impatient()), Told::Held);
    let (line, why) = broken(play(&spec, &format!("{delimited}<- {{\"return\": 5}}\n"), impatient()));
    assert!(line == 3 && why.contains("no 0xFF before it is due"), "{line}: {why}");
    let plain = "dialect: qga\n-> {\"execute\": \"guest-ping\"}\n<- 0xFF {\"return\": {}}\n";
    assert!(broken(play(&spec, plain, impatient())).1.contains("0xFF before it is due"));
}

#[test]
fn what_was_captured_is_sent_and_compared() {
    let text = "-> {\"execute\": \"query-version\", \"id\": [7, {\"a\": \"x\\\"y\"}]}\n<- {\"return\": {...}, \"id\": ...}\n\
                capture A id[0]\ncapture B id[1].a\n-> {\"execute\": \"stop\", \"id\": {\"a\": $A, \"b\": \"<$B>\"}}\n\
                <- {\"return\": {}, \"id\": {\"a\": 7, \"b\": \"<x\\\"y>\"}}\n";
    assert_eq!(told(proper, text), Told::Held);
    let (line, why) = broken(told(proper, &text.replace("id[0]", "id[2]")));
    assert!(line == 3 && why.contains("there is no such part"), "{line}: {why}");
}

#[test]
fn each_connection_and_each_client_is_its_own() {
    let text = "reconnect\n<- {\"QMP\": ...}\n-> {\"execute\": \"stop\"}\n<- {\"error\": {\"class\": \"CommandNotFound\"}}\n\
                @b <- {\"QMP\": ...}\n@b -> {\"execute\": \"qmp_capabilities\"}\n@b <- {\"return\": {}}\n\
                half-close\neof\n@b -> {\"execute\": \"stop\"}\n@b <- {\"return\": {}}\n";
    assert_eq!(told(proper, text), Told::Held);
}

#[test]
fn a_peer_that_says_nothing_or_leaves_fails_the_line_that_waits() {
    let mute =
        |asked: &Asked<'_>| if asked.command == "stop" { Twist::Say(Vec::new()) } else { Twist::Proper };
    let text = "-> {\"execute\": \"stop\"}\n<- {\"return\": {}}\n";
    let (line, why) = broken(told(mute, text));
    assert!(line == 2 && why.starts_with("nothing came within"), "{line}: {why}");
    let closing = |asked: &Asked<'_>| if asked.command == "stop" { Twist::Close } else { Twist::Proper };
    assert_eq!(broken(told(closing, text)), (2, "the peer closed the connection".to_owned()));
    let noisy = |asked: &Asked<'_>| match asked.command {
        "stop" => Twist::Say(b"hello\r\n{\"return\": {}}\r\n".to_vec()),
        _ => Twist::Proper,
    };
    assert!(broken(told(noisy, text)).1.contains("bytes that are no message: hello"));
}

#[test]
fn a_peer_that_floods_or_never_answers_costs_bounded_time() {
    let began = Instant::now();
    let (spec, _) = peer(Dialect::Qmp, |mut stream, number| {
        if number == 0 {
            let _ = stream.write_all(GREETING.as_bytes());
            return serve(stream, Dialect::Qmp, &|_| Twist::Proper);
        }
        let _ = stream.write_all(GREETING.as_bytes());
        while stream.write_all(EVENT.as_bytes()).is_ok() {}
    });
    let text = "session: fresh\n<- {\"QMP\": ...}\n-> {\"execute\": \"stop\"}\n<- {\"return\": {}}\n";
    let few = Limits { case_messages_max: 1_000, ..impatient() };
    assert!(broken(play(&spec, text, few)).1.contains("case_messages_max"));
    let (spec, _) = peer(Dialect::Qmp, |stream, _| swallow(&stream));
    let told = play(&spec, "-> {\"execute\": \"stop\"}\n<- {\"return\": {}}\n", impatient());
    assert_eq!(broken(told), (1, "no session can be had".to_owned()));
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_scenario_for_another_peer_is_skipped_with_its_reason() {
    let skipped = |text: &str| match told(proper, text) {
        Told::Skipped(why) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(skipped("dialect: qga\n-> {}\n"), "it is for qga");
    assert_eq!(skipped("peer: qemu\n-> {}\n"), "it is for qemu");
    assert_eq!(skipped("versions: >=9.0\n-> {}\n"), "it is for other versions: since 9.0");
    assert_eq!(skipped("needs: no-such-command\n-> {}\n"), "the peer has no no-such-command");
    assert_eq!(skipped("scratch fifo a\n-> {}\n"), "its scratch directory needs a peer that we start");
    assert_eq!(skipped("arguments: -x\n-> {}\n"), "a set-up of its own needs a peer that we start");
    assert_eq!(skipped("-> {}\nexit 0\n"), "the end of its process needs a peer that we start");
    assert_eq!(skipped("-> {}\nmemory +1M\n"), "the size of its process needs a peer that we start");
}
