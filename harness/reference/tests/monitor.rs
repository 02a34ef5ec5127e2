//! The conforming QMP peer answers as the wire rules have it.

mod talk;

use qmprobe_check::conform::{Direction, conform};
use qmprobe_generate::minimal_value;
use qmprobe_reference::Peer;
use qmprobe_schema::{fingerprint, from_introspection};
use qmprobe_wire::parse::parse;
use qmprobe_wire::{Dialect, Value, Version, request};
use talk::{GREETING, NEGOTIATE, NEGOTIATE_OOB, config, greeted, hear, kinds, monitor, say, schema};

const GENERIC: &str = "GenericError";
const NOT_FOUND: &str = "CommandNotFound";

#[test]
fn a_connection_is_greeted_once() {
    let mut out = Vec::new();
    let mut peer = Peer::new(config(Dialect::Qmp, Vec::new()));
    peer.open(&mut out);
    assert_eq!(String::from_utf8_lossy(&out), GREETING);
    assert_eq!(hear(&mut peer, " \r\n\t"), "");
}

#[test]
fn before_negotiation_commands_are_not_found_and_malformed_input_is_refused() {
    let mut peer = greeted(Vec::new());
    for name in ["query-version", "no-such-command"] {
        let heard = hear(&mut peer, format!("{{\"execute\":\"{name}\",\"id\":7}}"));
        assert!(heard.starts_with("{\"id\": 7, \"error\": {\"class\": \"CommandNotFound\""), "{heard}");
    }
    for malformed in ["{]", "null ", "{\"id\":1}", r#"{"execute":"query-version","extra":1}"#] {
        assert_eq!(kinds(&hear(&mut peer, malformed)), [GENERIC], "{malformed}");
    }
    assert_eq!(kinds(&hear(&mut peer, r#"{"execute":"query-version"}"#)), [NOT_FOUND]);
}

#[test]
fn a_refused_negotiation_changes_nothing() {
    let bad = [
        r#"{"foo":1}"#,
        r#"{"enable":"oob"}"#,
        r#"{"enable":null}"#,
        r#"{"enable":[1]}"#,
        r#"{"enable":["x"]}"#,
        r#"{"enable":["oob","x"]}"#,
    ];
    let mut peer = greeted(Vec::new());
    for arguments in bad {
        let heard = hear(&mut peer, format!(r#"{{"execute":"qmp_capabilities","arguments":{arguments}}}"#));
        assert_eq!(kinds(&heard), [GENERIC], "{arguments}");
        assert_eq!(kinds(&hear(&mut peer, r#"{"execute":"query-version"}"#)), [NOT_FOUND], "{arguments}");
    }
    assert_eq!(kinds(&hear(&mut peer, NEGOTIATE)), ["return"]);
    assert_eq!(kinds(&hear(&mut peer, r#"{"exec-oob":"query-yank"}"#)), [GENERIC]);
}

#[test]
fn negotiation_comes_once_and_its_arguments_are_looked_at_first() {
    let mut peer = monitor();
    assert_eq!(kinds(&hear(&mut peer, NEGOTIATE)), [NOT_FOUND]);
    let bad = r#"{"execute":"qmp_capabilities","arguments":{"foo":1}}"#;
    assert_eq!(kinds(&hear(&mut peer, bad)), [GENERIC]);
}

#[test]
fn out_of_band_runs_what_is_enabled_and_allowed() {
    let mut peer = greeted(Vec::new());
    assert_eq!(kinds(&hear(&mut peer, NEGOTIATE_OOB)), ["return"]);
    let cases = [
        (r#"{"exec-oob":"query-yank"}"#, "return"),
        (r#"{"exec-oob":"query-version"}"#, GENERIC),
        (r#"{"exec-oob":"qmp_capabilities"}"#, GENERIC),
        (r#"{"exec-oob":"no-such-command"}"#, NOT_FOUND),
        (r#"{"exec-oob":1}"#, GENERIC),
        (r#"{"exec-oob":"query-yank","execute":"query-yank"}"#, GENERIC),
    ];
    for (input, expected) in cases {
        assert_eq!(kinds(&hear(&mut peer, input)), [expected], "{input}");
    }
}

#[test]
fn envelopes_are_checked_before_commands() {
    let mut peer = monitor();
    let cases = [
        ("12 ", GENERIC),
        (r#"[{"execute":"query-version"}]"#, GENERIC),
        ("{}", GENERIC),
        (r#"{"execute":null}"#, GENERIC),
        (r#"{"execute":"no-such-command","arguments":[]}"#, GENERIC),
        (r#"{"execute":"no-such-command","foo":1}"#, GENERIC),
        (r#"{"execute":"query-version","exec-oob":"query-version"}"#, GENERIC),
        (r#"{"execute":"no-such-command","arguments":{}}"#, NOT_FOUND),
        (r#"{"execute":"Query-version"}"#, NOT_FOUND),
        (r#"{"execute":"query_version"}"#, NOT_FOUND),
        (r#"{"execute":"query-version\u0000"}"#, NOT_FOUND),
        (r#"{"execute":"query-version","arguments":{}}"#, "return"),
        (r#"{'exec\u0075te':'query-version'}"#, "return"),
    ];
    for (input, expected) in cases {
        assert_eq!(kinds(&hear(&mut peer, input)), [expected], "{input}");
    }
}

#[test]
fn arguments_are_held_against_the_schema() {
    let mut peer = monitor();
    let cases = [
        ("device_del", "{}", GENERIC),
        ("device_del", r#"{"x":1}"#, GENERIC),
        ("device_del", r#"{"id":1}"#, GENERIC),
        ("device_del", r#"{"id":null}"#, GENERIC),
        ("device_del", r#"{"id":"x","y":1}"#, GENERIC),
        ("device_del", r#"{"id":"x"}"#, "return"),
        ("set_link", r#"{"name":"x","up":"on"}"#, GENERIC),
        ("set_link", r#"{"name":"x","up":1}"#, GENERIC),
        ("block_resize", r#"{"size":1.0}"#, GENERIC),
        ("block_resize", r#"{"size":18446744073709551616}"#, GENERIC),
        ("block_resize", r#"{"size":-1}"#, "return"),
        ("object-add", r#"{"qom-type":"iothread","id":"x","poll-max-ns":0}"#, "return"),
        ("object-add", r#"{"qom-type":"iothread","id":"x","size":0}"#, GENERIC),
        ("object-add", r#"{"qom-type":"x","id":"x"}"#, GENERIC),
        ("getfd", r#"{"fdname":"x"}"#, GENERIC),
    ];
    for (name, arguments, expected) in cases {
        let input = format!(r#"{{"execute":"{name}","arguments":{arguments},"id":"k"}}"#);
        let heard = hear(&mut peer, &input);
        assert_eq!(kinds(&heard), [expected], "{input}");
        assert!(heard.contains("\"id\": \"k\""), "{heard}");
    }
}

#[test]
fn ids_come_back_as_the_same_value() {
    let mut peer = monitor();
    let ids = [
        ("null", "null"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("0.1", "0.10000000000000001"),
        ("-0.0", "-0"),
        ("1e5", "100000"),
        ("1e400", "1e400"),
        ("\"\u{e9}\u{1f600}/\\u0000\"", "\"\\u00E9\\uD83D\\uDE00/\\u0000\""),
        ("[[1],{}]", "[[1], {}]"),
        ("{\"a\":{\"b\":null}}", "{\"a\": {\"b\": null}}"),
    ];
    for (sent, expected) in ids {
        let success = hear(&mut peer, format!("{{\"execute\":\"x-exit-preconfig\",\"id\":{sent}}}"));
        assert_eq!(success, format!("{{\"return\": {{}}, \"id\": {expected}}}\r\n"));
        let error = hear(&mut peer, format!("{{\"execute\":\"x\",\"id\":{sent}}}"));
        assert!(error.starts_with(&format!("{{\"id\": {expected}, \"error\": ")), "{error}");
    }
}

#[test]
fn json_errors_are_counted_as_qemu_counts_them_and_carry_no_id() {
    let mut peer = monitor();
    let good = r#"{"execute":"stop","id":1}"#;
    let cases = [
        ("{]".to_owned(), 1),
        (format!("{good}}}"), 2),
        (format!("{good},{good}"), 3),
        (r#"{"execute":"stop","id":01}"#.to_owned(), 2),
        (format!("{{\"execute\":\"stop\",\"id\":{}{}}}", "[".repeat(1024), "]".repeat(1024)), 1026),
    ];
    for (input, count) in cases {
        let heard = hear(&mut peer, &input);
        let replies: Vec<&str> = heard.lines().filter(|line| !line.contains("\"event\"")).collect();
        assert_eq!(replies.len(), count, "{input}");
        let errors = replies.iter().filter(|line| line.contains("\"error\""));
        assert!(errors.clone().all(|line| !line.contains("\"id\": ") && line.contains(GENERIC)));
        assert!(errors.count() > 0);
    }
    assert_eq!(kinds(&hear(&mut peer, [b"\xff".as_slice(), good.as_bytes()].concat())), [GENERIC, "return"]);
}

#[test]
fn queries_tell_the_same_until_something_changes() {
    let mut peer = monitor();
    let query = r#"{"execute":"query-block"}"#;
    let first = hear(&mut peer, query);
    assert_eq!(hear(&mut peer, query), first);
    assert_eq!(kinds(&hear(&mut peer, r#"{"execute":"device_del"}"#)), [GENERIC]);
    assert_eq!(hear(&mut peer, query), first);
    hear(&mut peer, r#"{"execute":"x-exit-preconfig"}"#);
    assert_ne!(hear(&mut peer, query), first);
}

#[test]
fn stop_and_cont_are_told_by_events_and_by_query_status() {
    let mut peer = monitor();
    let stopped = hear(&mut peer, r#"{"execute":"stop"}"#);
    assert!(stopped.contains("\"event\": \"STOP\"}\r\n"), "{stopped}");
    assert_eq!(hear(&mut peer, r#"{"execute":"stop"}"#), "{\"return\": {}}\r\n", "stopped already");
    let status = hear(&mut peer, r#"{"execute":"query-status"}"#);
    assert!(status.contains("\"status\": \"paused\"") && status.contains("\"running\": false"), "{status}");
    let resumed = hear(&mut peer, r#"{"execute":"cont"}"#);
    assert!(resumed.contains("\"event\": \"RESUME\"}\r\n"), "{resumed}");
}

#[test]
fn quit_is_the_last_word() {
    let mut peer = monitor();
    let heard = hear(&mut peer, r#"{"execute":"quit","id":1}{"execute":"query-version","id":2}"#);
    assert!(heard.ends_with("{\"return\": {}, \"id\": 1}\r\n"), "{heard}");
    assert!(heard.contains("\"event\": \"SHUTDOWN\""), "{heard}");
    assert!(peer.is_closed());
}

#[test]
fn whatever_a_command_returns_conforms_and_so_does_every_event() {
    let schema = schema(Dialect::Qmp);
    let mut peer = monitor();
    let mut events = 0;
    for command in schema.commands.iter().filter(|command| command.name != "quit") {
        let arguments = command.arguments.map(|ty| minimal_value(&schema, ty).expect("finite arguments"));
        for line in say(&mut peer, request::execute(&command.name, arguments.as_ref(), None))
            .split_inclusive(|byte| *byte == b'\n')
        {
            let parsed = parse(line, 1024);
            assert_eq!(parsed.deviations, [], "{}", String::from_utf8_lossy(line));
            let message = parsed.value.expect("a message");
            let event = message.get("event").and_then(Value::as_str).and_then(|name| schema.event(name));
            events += usize::from(event.is_some());
            let (ty, value) = match event {
                Some(event) => (event.data, message.get("data")),
                None => (command.returns, message.get("return")),
            };
            let mismatches = ty.zip(value).map(|(ty, value)| conform(&schema, ty, value, Direction::Out));
            assert_eq!(mismatches.unwrap_or_default(), [], "{}", command.name);
        }
    }
    assert!(events > 0);
}

#[test]
fn the_schema_is_told_without_loss() {
    let schema = schema(Dialect::Qmp);
    let reply = hear(&mut monitor(), r#"{"execute":"query-qmp-schema"}"#);
    let told = from_introspection(&reply, "the reply").expect("it loads");
    assert_eq!(fingerprint(&told), fingerprint(&schema));
}

#[test]
fn the_same_input_gets_the_same_output_in_any_split() {
    let input = concat!(
        r#"{"execute":"qmp_capabilities"}{"execute":"query-block","id":1}{]{"execute":"stop"}"#,
        r#"{"execute":"query-cpus-fast","id":"é"}[1]{"execute":"device_del","arguments":{"id":1}}"#,
    );
    let whole = say(&mut greeted(Vec::new()), input);
    assert!(!whole.is_empty());
    for size in [1, 2, 7, 64] {
        let mut peer = greeted(Vec::new());
        let parts: Vec<u8> = input.as_bytes().chunks(size).flat_map(|part| say(&mut peer, part)).collect();
        assert_eq!(parts, whole, "in parts of {size}");
    }
}

#[test]
fn another_seed_invents_other_returns() {
    let heard = |seed| {
        let mut peer = Peer::new(qmprobe_reference::Config { seed, ..config(Dialect::Qmp, Vec::new()) });
        hear(&mut peer, format!("{NEGOTIATE}{}", r#"{"execute":"query-block"}"#))
    };
    assert_eq!(heard(1), heard(1));
    assert_ne!(heard(1), heard(2));
}

#[test]
fn the_version_decides_the_parser() {
    let deep = format!("{{\"execute\":\"stop\",\"id\":{}", "[".repeat(5000));
    let count = |major| {
        let version = Version::new(major, 0);
        let mut peer = Peer::new(qmprobe_reference::Config { version, ..config(Dialect::Qmp, Vec::new()) });
        hear(&mut peer, &deep).lines().count()
    };
    assert_eq!((count(10), count(11)), (4, 1));
}
