//! The guest agent: its silence at the start, sync with and without sentinel, and the reset by 0xFF.

use super::{Cases, MADE_UP, send, unrunnable};
use qmprobe_wire::{Dialect, Payload, Start, Step, Sync};

/// Integers that a sync must return exactly.
const TOKENS: &[i64] = &[0, 1, -1, (1 << 53) - 1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1, i64::MAX, i64::MIN];

/// Values that are no int64.
const NO_TOKENS: &[&str] =
    &["1.0", "1e3", "\"1\"", "\"\"", "null", "true", "false", "[]", "{}", "9223372036854775808"];

/// The command that is silent where it runs, and not to be told then from one that is lost.
const SHUTDOWN: &str = "guest-shutdown";

/// Milliseconds that a client waits for another one to leave.
const WAITS_MS: u64 = 50;
/// Milliseconds in which nobody is asked anything.
const SILENCE_MS: u64 = 1_000;

pub(super) fn push(cases: &mut Cases<'_>) {
    if cases.dialect != Dialect::Qga {
        return;
    }
    let ping = r#"{"execute":"guest-ping","id":"p"}"#;
    cases.push(
        "agent-silent-start",
        "a connection that waits",
        Start::Greeting,
        vec![Step::Settle(SILENCE_MS), send(ping)],
    );
    for name in ["guest-sync", "guest-sync-delimited"] {
        for token in TOKENS {
            let sync = format!(r#"{{"execute":"{name}","arguments":{{"id":{token}}}}}"#);
            cases.push("sync-echo", format!("{name} {token}"), Start::Command, vec![send(sync), send(ping)]);
        }
        for wrong in NO_TOKENS {
            let sync = format!(r#"{{"execute":"{name}","arguments":{{"id":{wrong}}},"id":1}}"#);
            cases.push(
                "sync-sentinel",
                format!("{name} {wrong}"),
                Start::Command,
                vec![send(sync), send(ping)],
            );
        }
        let bare = format!(r#"{{"execute":"{name}","id":1}}"#);
        cases.push(
            "sync-sentinel",
            format!("{name} without id"),
            Start::Command,
            vec![send(bare), send(ping)],
        );
    }
    let sync = r#"{"execute":"guest-sync-delimited","arguments":{"id":77},"id":"s"}"#;
    let between = format!("{ping}\n{sync}\n{}\n", r#"{"execute":"guest-ping","id":"q"}"#);
    cases.push("sync-sentinel", "between two pings in one write", Start::Command, vec![send(between)]);
    resets(cases);
    halves(cases);
    cut_off(cases);
    let again = r#"{"execute":"guest-sync","arguments":{"id":5},"id":5}"#;
    cases.push(
        "one-reply",
        "a token twice",
        Start::Command,
        [[send(again), send(ping)], [send(again), send(ping)]].concat(),
    );
    let before = r#"{"arguments":{"id":6},"execute":"guest-sync","id":6}"#;
    cases.push("envelope-arguments", before, Start::Command, vec![send(before), send(ping)]);
    let twice = r#"{"execute":"guest-sync","arguments":{"id":7,"id":8},"id":7}"#;
    cases.push("json-error-answered", twice, Start::Command, vec![send(twice), send(ping)]);
    // It comes while the first is there, and is served when that has left.
    let nameless = r#"{"execute":"guest-ping"}"#;
    let next = vec![send(ping), Step::Leave(WAITS_MS), send(nameless), send(ping)];
    cases.push("peer-survives", "a client that waits for another to leave", Start::Greeting, next);
    let info = vec![send(r#"{"execute":"guest-info","id":1}"#)];
    cases.push("guest-info-agrees", "guest-info", Start::Command, info);
    for name in ["qmp_capabilities", "query-qmp-schema", "query-version"] {
        let steps = vec![send(format!(r#"{{"execute":"{name}","id":1}}"#)), send(ping)];
        cases.push("command-not-found", name, Start::Command, steps);
    }
    // What guest-info does not offer is not there; sent to whom it may be sent.
    let absent = cases.absent;
    for name in absent {
        // Its arguments are not looked at.
        let bare = (name != SHUTDOWN).then(|| send(format!(r#"{{"execute":"{name}","id":1}}"#)));
        let looked_up = [send(unrunnable(name)), send(ping)];
        let steps = [send(MADE_UP)].into_iter().chain(bare).chain(looked_up).collect();
        let title = format!("{name}, which it does not offer");
        cases.push_for(Some(name), "guest-info-agrees", title, Start::Command, steps);
    }
}

/// Half a command from one client, the other half from the next: a command only to a parser that serves both.
fn halves(cases: &mut Cases<'_>) {
    const NOTICE_MS: u64 = 5;
    let sync = Sync { before: Payload::default(), token: 0x5EED_0001_0002_0003, faults: Vec::new() };
    let steps = vec![
        Step::Push(br#"{"execute":"guest-pi"#.to_vec()),
        Step::Abandon(NOTICE_MS),
        send("ng\"}\n"),
        Step::Sync(sync),
    ];
    cases.push("half-command-outlives-client", "a ping by two clients", Start::Greeting, steps);
}

/// Half a command from a client that then has nothing more to say: it is not carried out.
fn cut_off(cases: &mut Cases<'_>) {
    let sync = Sync { before: Payload::default(), token: 0x5EED_0001_0002_0004, faults: Vec::new() };
    let half = Step::Push(br#"{"execute":"guest-ping","id":"half""#.to_vec());
    let steps = vec![half, Step::HalfClose, Step::Reconnect, Step::Sync(sync)];
    cases.push("one-reply", "a command that ends with its connection", Start::Greeting, steps);
}

/// Milliseconds after which what is written is read by itself.
const APART_MS: u64 = 20;

/// Half a command, then 0xFF and a sync: the sync is answered, time after time. A sync behind a ping comes first, to
/// show that it is answered where nothing has to be reset.
fn resets(cases: &mut Cases<'_>) {
    let leftovers: [&[u8]; 12] = [
        b"",
        b"{\"execute\":\"guest-ping\",\"id\":",
        b"{\"execute\":\"guest-pi",
        b"{\"execute\":\"guest-pi\\",
        b"{'execute':'guest-pi",
        // A character without its end.
        b"{\"execute\":\"guest-pi\xc3",
        b"{\"execute\":\"guest-ping\",\"id\":1",
        b"{\"execute\":\"guest-ping\",\"id\":tr",
        b"{\"execute\":\"guest-ping\",\"id\":{\"a\":{\"b\":",
        b"[[[{",
        b"12",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
    ];
    let ping = r#"{"execute":"guest-ping","id":2}"#;
    // None has the token or the id of another, and what is left of its arguments is no command with its id.
    let mut token = 77;
    let mut sync = || {
        token += 1;
        format!(r#"{{"execute":"guest-sync-delimited","arguments":{{"id":{token}}},"id":"s{token}"}}"#)
    };
    for leftover in leftovers {
        let name = format!("after {}", qmprobe_wire::escape::escape(leftover));
        let at_first = send(format!("{ping}\n{}", sync()));
        let mut reset = || send([leftover, b"\xff", sync().as_bytes()].concat());
        let steps = vec![at_first, reset(), reset(), send(ping)];
        cases.push("sync-reset", name, Start::Command, steps);
    }
    // An agent may read a byte that comes by itself elsewhere than one in front of others.
    let apart = |bytes: &[u8]| [Step::Push(bytes.into()), Step::Settle(APART_MS)];
    let begun = [apart(b"{\"execute\":\"guest-pi"), apart(b"\xff")].concat();
    let at_first = [send(format!("{ping}\n{}", sync()))];
    let (once, again) = ([send(sync())], [send(sync()), send(ping)]);
    let steps: [&[Step]; 5] = [&at_first, &begun, &once, &begun, &again];
    cases.push("sync-reset", "by a byte that comes alone", Start::Command, steps.concat());
}
