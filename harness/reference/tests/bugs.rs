//! Each bug changes what it says it changes, seen in the bytes.

mod talk;

use qmprobe_check::find;
use qmprobe_reference::{Bug, Peer, Server, bugs};
use qmprobe_wire::Dialect;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::time::Duration;
use talk::{NEGOTIATE, NEGOTIATE_OOB, bug, config, say};

/// How a bug shows itself in the answer to some input.
#[derive(Clone, Copy)]
enum Shows {
    /// This is there, and not without the bug.
    With(&'static str),
    /// This is not there, but is without the bug.
    Without(&'static str),
}
use Shows::{With, Without};

/// What is said before the input.
#[derive(Clone, Copy)]
enum After {
    Nothing,
    Negotiation,
    OobNegotiation,
}
use After::{Negotiation, Nothing, OobNegotiation};

type Row = (&'static str, After, &'static str, Shows);

const VERSION: &str = r#"{"execute":"query-version","id":1}"#;
const EIGHT_QUERIES: &str = concat!(
    r#"{"execute":"query-kvm"}{"execute":"query-kvm"}{"execute":"query-kvm"}{"execute":"query-kvm"}"#,
    r#"{"execute":"query-kvm"}{"execute":"query-kvm"}{"execute":"query-kvm"}{"execute":"query-kvm"}"#,
    r#"{"execute":"query-kvm"}"#
);

/// Of greeting, negotiation, envelopes and commands.
const REQUESTS: &[Row] = &[
    ("no-greeting", Nothing, "", Without("QMP")),
    ("greeting-twice", Nothing, "", With("}\r\n{\"QMP\"")),
    ("greeting-without-package", Nothing, "", Without("package")),
    ("greeting-extra-member", Nothing, "", With("\"motd\"")),
    ("greeting-with-id", Nothing, "", With("\"id\"")),
    ("greeting-string-version", Nothing, "", With("\"major\": \"10\"")),
    ("greeting-version-differs", Nothing, "", With("\"micro\": 99")),
    ("reply-to-next-client", Nothing, "", With("{\"return\": {}, \"id\": ")),
    ("gate-open", Nothing, VERSION, With("\"return\"")),
    ("gate-wrong-class", Nothing, VERSION, With("GenericError")),
    ("gate-drops-id", Nothing, VERSION, Without("\"id\": 1")),
    (
        "failed-enable-negotiates",
        Nothing,
        r#"{"execute":"qmp_capabilities","arguments":{"x":1}}{"execute":"query-version"}"#,
        With("{\"return\": {\"qemu\""),
    ),
    (
        "enable-unknown-accepted",
        Nothing,
        r#"{"execute":"qmp_capabilities","arguments":{"enable":["x"]}}"#,
        With("{\"return\": {}}"),
    ),
    (
        "enable-takes-anything",
        Nothing,
        r#"{"execute":"qmp_capabilities","arguments":{"x":1}}"#,
        With("{\"return\": {}}"),
    ),
    ("negotiate-twice-succeeds", Negotiation, NEGOTIATE, With("{\"return\": {}}")),
    ("negotiate-twice-generic-error", Negotiation, NEGOTIATE, With("GenericError")),
    ("offered-oob-refused", Nothing, NEGOTIATE_OOB, With("GenericError")),
    ("malformed-gate-not-found", Nothing, "{}", With("CommandNotFound")),
    ("non-object-not-found", Negotiation, "[]", With("CommandNotFound")),
    ("non-object-accepted", Negotiation, "[]", With("{\"return\": {}}")),
    ("missing-execute-not-found", Negotiation, "{}", With("CommandNotFound")),
    ("execute-number-accepted", Negotiation, r#"{"execute":1}"#, With("{\"return\": {}}")),
    ("arguments-array-accepted", Negotiation, r#"{"execute":"stop","arguments":[]}"#, With("STOP")),
    ("empty-arguments-refused", Negotiation, r#"{"execute":"stop","arguments":{}}"#, With("GenericError")),
    ("unknown-member-accepted", Negotiation, r#"{"execute":"stop","foo":1}"#, With("STOP")),
    (
        "execute-and-exec-oob-accepted",
        OobNegotiation,
        r#"{"execute":"stop","exec-oob":"stop"}"#,
        With("STOP"),
    ),
    ("unknown-before-envelope", Negotiation, r#"{"execute":"x","foo":1}"#, With("CommandNotFound")),
    ("unknown-command-generic-error", Negotiation, r#"{"execute":"x"}"#, With("GenericError")),
    ("command-name-case-insensitive", Negotiation, r#"{"execute":"STOP"}"#, With("\"STOP\"}")),
    (
        "dash-underscore-equal",
        Negotiation,
        r#"{"execute":"query_version"}"#,
        With(
            "\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 10}, \"package\": \"qmprobe-reference\"}}\r\n",
        ),
    ),
    ("oob-without-negotiation", Negotiation, r#"{"exec-oob":"stop"}"#, With("STOP")),
    ("oob-any-command", OobNegotiation, r#"{"exec-oob":"stop"}"#, With("STOP")),
    ("declared-command-missing", Negotiation, r#"{"execute":"query-jobs"}"#, With("CommandNotFound")),
    ("basic-command-fails", Negotiation, r#"{"execute":"query-name"}"#, With("GenericError")),
    (
        "descriptor-not-required",
        Negotiation,
        r#"{"execute":"getfd","arguments":{"fdname":"x"}}"#,
        Without("GenericError"),
    ),
    ("silent-command-answers", Nothing, r#"{"execute":"guest-suspend-ram"}"#, With("{\"return\": {}}")),
    ("command-list-lacks-one", Negotiation, r#"{"execute":"query-commands"}"#, Without("\"yank\"")),
    ("command-list-invents-one", Negotiation, r#"{"execute":"query-commands"}"#, With("\"x-invented\"")),
    (
        "introspection-lacks-one",
        Negotiation,
        r#"{"execute":"query-qmp-schema"}"#,
        Without("\"yank\", \"meta-type\""),
    ),
    ("guest-info-lacks-one", Nothing, r#"{"execute":"guest-info"}"#, Without("\"guest-sync-delimited\"")),
    (
        "guest-info-wrong-response",
        Nothing,
        r#"{"execute":"guest-info"}"#,
        Without("\"success-response\": false"),
    ),
];

/// Of ids, replies and arguments.
const REPLIES: &[Row] = &[
    ("id-dropped-on-error", Negotiation, r#"{"execute":"x","id":1}"#, Without("\"id\"")),
    ("id-dropped-on-success", Negotiation, VERSION, Without("\"id\"")),
    ("id-null-dropped", Negotiation, r#"{"execute":"stop","id":null}"#, Without("\"id\"")),
    ("id-stringified", Negotiation, VERSION, With("\"id\": \"1\"")),
    (
        "id-float-rounded",
        Negotiation,
        r#"{"execute":"stop","id":0.1}"#,
        Without("\"id\": 0.10000000000000001"),
    ),
    (
        "id-big-integer-rounded",
        Negotiation,
        r#"{"execute":"stop","id":9007199254740993}"#,
        With("\"id\": 9007199254740992"),
    ),
    ("id-unicode-mangled", Negotiation, r#"{"execute":"stop","id":"aé"}"#, With("\"id\": \"a?\"")),
    ("id-always-present", Negotiation, r#"{"execute":"stop"}"#, With("\"id\": null")),
    ("id-list-flattened", Negotiation, r#"{"execute":"stop","id":[[1],2]}"#, With("\"id\": [1, 2]")),
    ("json-error-carries-id", Negotiation, r#"{"execute":"stop","id":5}{]"#, With("\"}, \"id\": 5}")),
    ("json-error-silent", Negotiation, "{]", Without("error")),
    ("json-error-not-found", Negotiation, "{]", With("CommandNotFound")),
    ("third-json-error-swallowed", Negotiation, "}]nul ", Without("nul")),
    (
        "half-a-read-forgotten",
        Negotiation,
        "{\"execute\":\"query-version\",\"id\":1}{",
        Without("\"return\""),
    ),
    ("two-replies", Negotiation, r#"{"id":1}"#, With("}\r\n{\"id\": 1")),
    ("silent-on-unknown-command", Negotiation, r#"{"execute":"x"}"#, Without("error")),
    (
        "replies-reordered",
        Negotiation,
        r#"{"execute":"stop","id":1}{"execute":"stop","id":2}{"execute":"stop","id":3}"#,
        With("\"id\": 3}\r\n{\"return\": {}, \"id\": 2}"),
    ),
    ("return-and-error", Negotiation, VERSION, With("\"error\"")),
    ("error-returned", Negotiation, "{}", With("{\"return\": {\"error\": {\"class\"")),
    ("errors-not-found", Negotiation, "{}", With("CommandNotFound")),
    ("reply-extra-member", Negotiation, VERSION, With("\"time\": 1")),
    ("error-without-desc", Negotiation, "{}", Without("\"desc\"")),
    ("error-extra-member", Negotiation, "{}", With("\"code\": -1")),
    ("error-desc-number", Negotiation, "{}", With("\"desc\": 22")),
    ("error-is-a-string", Negotiation, "{}", With("\"error\": \"failed\"")),
    ("error-class-made-up", Negotiation, r#"{"execute":"device_del"}"#, With("InvalidParameter")),
    ("missing-mandatory-accepted", Negotiation, r#"{"execute":"device_del"}"#, Without("error")),
    ("missing-argument-not-found", Negotiation, r#"{"execute":"device_del"}"#, With("CommandNotFound")),
    ("unknown-argument-accepted", Negotiation, r#"{"execute":"stop","arguments":{"x":1}}"#, With("STOP")),
    (
        "nested-unknown-accepted",
        Negotiation,
        r#"{"execute":"transaction","arguments":{"actions":[],"properties":{"x":1}}}"#,
        Without("error"),
    ),
    (
        "wrong-type-accepted",
        Negotiation,
        r#"{"execute":"device_del","arguments":{"id":[]}}"#,
        Without("error"),
    ),
    ("coercion-accepted", Negotiation, r#"{"execute":"device_del","arguments":{"id":1}}"#, Without("error")),
    (
        "null-accepted",
        Negotiation,
        r#"{"execute":"block_resize","arguments":{"size":0,"device":null}}"#,
        Without("error"),
    ),
    (
        "range-unchecked",
        Negotiation,
        r#"{"execute":"block_resize","arguments":{"size":18446744073709551616}}"#,
        Without("error"),
    ),
    (
        "enum-unchecked",
        Negotiation,
        r#"{"execute":"query-stats","arguments":{"target":"x"}}"#,
        Without("error"),
    ),
];

/// Of return values, of the text, of events and of the agent.
const OUTPUT: &[Row] = &[
    ("return-member-missing", Negotiation, r#"{"execute":"query-status"}"#, Without("\"running\": true")),
    ("return-member-missing-deep", Negotiation, r#"{"execute":"query-block"}"#, Without("\"file\"")),
    ("return-member-undeclared", Negotiation, r#"{"execute":"query-status"}"#, With("\"x-undeclared\": 1}}")),
    (
        "return-member-undeclared-deep",
        Negotiation,
        r#"{"execute":"query-pci"}"#,
        With("\"x-undeclared\": 1}"),
    ),
    ("return-type-wrong", Negotiation, r#"{"execute":"query-status"}"#, With("\"running\": []")),
    ("return-type-wrong-deep", Negotiation, r#"{"execute":"query-named-block-nodes"}"#, With(": []")),
    (
        "return-integer-as-string",
        Negotiation,
        r#"{"execute":"query-memory-size-summary"}"#,
        With("\"base-memory\": \""),
    ),
    ("return-null-for-array", Negotiation, r#"{"execute":"query-jobs"}"#, With("{\"return\": null}")),
    (
        "return-enum-unknown",
        Negotiation,
        r#"{"execute":"query-status"}"#,
        With("\"status\": \"x-undeclared\""),
    ),
    (
        "return-int-out-of-range",
        Negotiation,
        r#"{"execute":"query-memory-size-summary"}"#,
        With("\"base-memory\": 3.6893488147419103e+19"),
    ),
    ("return-not-empty", Negotiation, r#"{"execute":"stop"}"#, With("{\"return\": {\"x\": 1}}")),
    ("return-null-when-empty", Negotiation, r#"{"execute":"stop"}"#, With("{\"return\": null}")),
    ("raw-utf8-output", Negotiation, r#"{"execute":"stop","id":"é"}"#, With("\"id\": \"é\"")),
    ("control-character-output", Negotiation, r#"{"execute":"stop","id":"\t"}"#, With("\"id\": \"\t\"")),
    ("inf-output", Negotiation, r#"{"execute":"stop","id":1e400}"#, With("\"id\": inf")),
    ("trailing-comma-output", Negotiation, VERSION, With("\"id\": 1,}")),
    ("duplicate-key-output", Negotiation, VERSION, With("\"id\": 1, \"id\": 1")),
    ("single-quote-output", Negotiation, VERSION, With("'return'")),
    ("event-splits-reply", Negotiation, VERSION, With("\"event\": \"RESUME\"}\r\n")),
    ("garbage-line-between", Negotiation, "{}", With("(qemu) \n{")),
    ("lf-only", Negotiation, VERSION, Without("\r")),
    ("several-lines-agent", Nothing, r#"{"execute":"guest-ping"}"#, With("{\n")),
    ("crlf-agent", Nothing, r#"{"execute":"guest-ping"}"#, With("\r\n")),
    ("no-newline", Negotiation, VERSION, Without("\r\n")),
    ("event-without-timestamp", Negotiation, EIGHT_QUERIES, With("{\"event\"")),
    ("event-with-id", Negotiation, EIGHT_QUERIES, With("\"id\": 1}\r\n")),
    ("event-extra-member", Negotiation, EIGHT_QUERIES, With("\"source\": \"x\"")),
    ("event-microseconds-over", Negotiation, EIGHT_QUERIES, With("\"microseconds\": 1000000")),
    ("event-seconds-string", Negotiation, EIGHT_QUERIES, With("\"seconds\": \"1700000000\"")),
    ("event-undeclared", Negotiation, EIGHT_QUERIES, With("\"event\": \"X_UNDECLARED\"")),
    ("event-data-wrong", Negotiation, EIGHT_QUERIES, With("\"data\": {\"id\": [\"")),
    ("event-data-missing", Negotiation, EIGHT_QUERIES, With("\"event\": \"JOB_STATUS_CHANGE\"}")),
    ("event-data-undeclared-member", Negotiation, EIGHT_QUERIES, With("\"x-undeclared\": 1}}")),
    ("event-data-present-when-none", Negotiation, EIGHT_QUERIES, With("\"event\": \"RESUME\", \"data\": {}")),
    ("event-before-negotiation", Nothing, "", With("\"event\"")),
    ("event-too-often", Negotiation, EIGHT_QUERIES, With("\"event\": \"RTC_CHANGE\"")),
    ("agent-greets", Nothing, "", With("{\"QMP\": {}}\n")),
    ("sentinel-apart", Nothing, SYNC, With("\u{fffd}\n{")),
    ("sentinel-missing", Nothing, SYNC, Without("\u{fffd}")),
    ("sentinel-on-error", Nothing, r#"{"execute":"guest-sync-delimited"}"#, With("\u{fffd}")),
    ("sentinel-on-next-reply", Nothing, SYNC_AND_PING, With("\u{fffd}{\"return\": {}}")),
    ("sentinel-on-plain-sync", Nothing, PLAIN_SYNC, With("\u{fffd}")),
    ("sync-wrong-id", Nothing, PLAIN_SYNC, With("{\"return\": 9007199254740993}")),
    ("sync-truncates-id", Nothing, PLAIN_SYNC, With("{\"return\": -9007199254740992}")),
];

const SYNC: &str = r#"{"execute":"guest-sync-delimited","arguments":{"id":1}}"#;
const SYNC_AND_PING: &str =
    r#"{"execute":"guest-sync-delimited","arguments":{"id":1}}{"execute":"guest-ping"}"#;
const PLAIN_SYNC: &str = r#"{"execute":"guest-sync","arguments":{"id":-9007199254740993}}"#;

/// Bugs that show in other ways than one answer: each has a test of its own below or in `server.rs`.
const ELSEWHERE: &[&str] = &[
    "deep-text-survives-reset",
    "half-command-outlives-client",
    "input-outlives-connection",
    "unread-reply-ends-agent",
    "negotiation-survives-reconnect",
    "refused-command-has-effect",
    "endless-reply",
    "closes-on-error",
    "crash-on-command",
    "half-closed-stays-open",
    "hangs-on-command",
    "keeps-what-it-answered",
    "sentinel-byte-ignored",
];

fn rows() -> impl Iterator<Item = &'static Row> {
    REQUESTS.iter().chain(REPLIES).chain(OUTPUT)
}

fn answer(row: &Row, with_bug: bool) -> String {
    let (name, after, input, _) = row;
    let bug = bug(name);
    let mut peer = Peer::new(config(bug.dialect, if with_bug { vec![bug] } else { Vec::new() }));
    let mut out = Vec::new();
    peer.open(&mut out);
    let before = match after {
        Nothing => "",
        Negotiation => NEGOTIATE,
        OobNegotiation => NEGOTIATE_OOB,
    };
    if !before.is_empty() {
        say(&mut peer, before);
        out.clear();
    }
    out.extend(say(&mut peer, input));
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn every_bug_shows_in_the_bytes() {
    let mut hidden = Vec::new();
    for row in rows() {
        let (conforming, buggy) = (answer(row, false), answer(row, true));
        let shows = match row.3 {
            With(text) => buggy.contains(text) && !conforming.contains(text),
            Without(text) => !buggy.contains(text) && conforming.contains(text),
        };
        if !shows {
            hidden.push((row.0, buggy, conforming));
        }
    }
    assert_eq!(hidden, []);
}

#[test]
fn no_bug_is_forgotten_here() {
    let shown: BTreeSet<&str> = rows().map(|row| row.0).chain(ELSEWHERE.iter().copied()).collect();
    let all: BTreeSet<&str> = bugs().iter().map(|bug| bug.name).collect();
    assert_eq!(shown, all);
    assert_eq!(all.len(), bugs().len(), "two bugs have one name");
}

#[test]
fn every_bug_names_a_rule_that_speaks_about_its_protocol() {
    for bug in bugs() {
        let rule = find(bug.rule).unwrap_or_else(|| panic!("{}: there is no rule {}", bug.name, bug.rule));
        assert!(rule.terms.dialects.contains(&bug.dialect), "{}", bug.name);
    }
}

#[test]
fn a_refused_command_that_has_an_effect_shows_in_queries() {
    let mut peer = Peer::new(config(Dialect::Qmp, vec![bug("refused-command-has-effect")]));
    say(&mut peer, NEGOTIATE);
    let before = say(&mut peer, r#"{"execute":"query-block"}"#);
    say(&mut peer, r#"{"execute":"stop","arguments":{"x":1}}"#);
    assert_ne!(say(&mut peer, r#"{"execute":"query-block"}"#), before);
}

#[test]
fn an_endless_reply_is_longer_than_a_message_may_be() {
    let mut peer = Peer::new(config(Dialect::Qmp, vec![bug("endless-reply")]));
    say(&mut peer, NEGOTIATE);
    let reply = say(&mut peer, r#"{"execute":"query-name"}"#);
    assert!(reply.len() > qmprobe_wire::Limits::default().message_bytes_max);
}

#[test]
fn bugs_that_end_a_connection_close_it_after_the_error_or_instead_of_the_reply() {
    let mut peer = Peer::new(config(Dialect::Qmp, vec![bug("closes-on-error")]));
    assert!(!say(&mut peer, "{}").is_empty() && peer.is_closed());
    let mut peer = Peer::new(config(Dialect::Qmp, vec![bug("crash-on-command")]));
    say(&mut peer, NEGOTIATE);
    assert!(say(&mut peer, r#"{"execute":"query-name"}"#).is_empty() && peer.is_closed());
}

#[test]
fn an_agent_that_ignores_ff_keeps_half_a_command() {
    let mut peer = Peer::new(config(Dialect::Qga, vec![bug("sentinel-byte-ignored")]));
    let input = [br#"{"execute":"guest-ping","id":"#.as_slice(), b"\xff", SYNC.as_bytes()].concat();
    assert_eq!(say(&mut peer, input), b"");
}

#[test]
fn an_agent_that_ignores_ff_in_a_deep_text_swallows_the_sync() {
    let input = [b"[".repeat(1000).as_slice(), b"\xff", SYNC.as_bytes()].concat();
    let mut peer = Peer::new(config(Dialect::Qga, vec![bug("deep-text-survives-reset")]));
    assert_eq!(say(&mut peer, &input), b"");
    assert!(say(&mut talk::agent(), &input).contains(&0xFF));
}

/// What the second client gets for the rest of a command that the first one began.
fn second(dialect: Dialect, bugs: Vec<&'static Bug>, halves: [&str; 2]) -> std::io::Result<String> {
    let server = Server::new(config(dialect, bugs));
    let mut got = String::new();
    for half in halves {
        let mut stream = server.dial()?;
        stream.write_all(half.as_bytes())?;
        stream.shutdown(std::net::Shutdown::Write)?;
        got = std::io::read_to_string(stream)?;
    }
    Ok(got)
}

#[test]
fn an_agent_with_one_parser_completes_the_half_of_another_client() {
    let second = |bugs| second(Dialect::Qga, bugs, [r#"{"execute":"guest-pi"#, "ng\"}\n"]).unwrap();
    assert!(second(Vec::new()).contains("error"));
    assert_eq!(second(vec![bug("half-command-outlives-client")]), "{\"return\": {}}\n");
}

#[test]
fn a_monitor_with_one_parser_completes_the_half_of_another_client() {
    let second = |bugs| second(Dialect::Qmp, bugs, [r#"{"execute":"qmp_capab"#, "ilities\"}\n"]).unwrap();
    assert!(second(Vec::new()).contains("error"));
    assert!(second(vec![bug("input-outlives-connection")]).ends_with("{\"return\": {}}\r\n"));
}

#[test]
fn an_agent_that_a_rude_client_ends_refuses_the_next_ones() {
    let dials = |bugs| {
        let server = Server::new(config(Dialect::Qga, bugs));
        let mut rude = server.dial().unwrap();
        rude.write_all(b"{\"execute\":\"guest-ping\"}").unwrap();
        std::thread::sleep(Duration::from_millis(100));
        drop(rude);
        std::thread::sleep(Duration::from_millis(100));
        (0..4).map(|_| server.dial().is_ok()).collect::<Vec<_>>()
    };
    assert_eq!(dials(Vec::new()), [true; 4]);
    assert_eq!(dials(vec![bug("unread-reply-ends-agent")]), [false, false, false, true]);
}

#[test]
fn a_peer_that_keeps_what_it_answered_grows_with_every_command() {
    let grown = |bugs| {
        let server = Server::new(config(Dialect::Qmp, bugs));
        let mut stream = server.dial().unwrap();
        stream.write_all([NEGOTIATE, &VERSION.repeat(63)].concat().as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        std::io::read_to_string(stream).unwrap();
        server.weigh().memory_kib
    };
    assert_eq!(grown(Vec::new()), 0);
    assert_eq!(grown(vec![bug("keeps-what-it-answered")]), 64);
}

#[test]
fn a_half_closed_connection_that_stays_open_has_no_end() {
    let ends = |bugs| {
        let server = Server::new(config(Dialect::Qga, bugs));
        let mut stream = server.dial().unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream.read(&mut [0; 1]).ok()
    };
    assert_eq!(ends(Vec::new()), Some(0));
    assert_eq!(ends(vec![bug("half-closed-stays-open")]), None);
}

#[test]
fn bugs_can_be_combined() {
    let bugs = vec![bug("id-stringified"), bug("lf-only")];
    let mut peer = Peer::new(config(Dialect::Qmp, bugs));
    say(&mut peer, NEGOTIATE);
    assert_eq!(
        say(&mut peer, r#"{"execute":"stop","id":1}"#).split(|byte| *byte == b'\n').nth(1),
        Some(br#"{"return": {}, "id": "1"}"#.as_slice())
    );
}
