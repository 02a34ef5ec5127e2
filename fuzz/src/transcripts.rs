//! Transcripts made of bytes: anything that a peer may say to anything that may be sent, as the runner would keep
//! it. Whole messages are among the choices, or nothing but the framing would ever be judged.

use arbitrary::{Result, Unstructured};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{
    Attempt, Case, CaseId, Dialect, Ending, Exchange, ExchangeEnd, Framer, Limits, Payload, Received,
    SessionState, Start, Step, Transcript, Version, Weight,
};
use std::sync::Arc;

/// Exchanges of one transcript.
const EXCHANGES_MAX: usize = 6;
/// Messages, or stretches of noise, of one exchange in one direction.
const PIECES_MAX: usize = 5;
/// Bytes of one stretch of noise.
const NOISE_MAX: usize = 24;

const SENT: &[&[u8]] = &[
    b"{\"execute\":\"qmp_capabilities\"}\n",
    b"{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]},\"id\":0}\n",
    b"{\"execute\":\"query-version\",\"id\":1}\n",
    b"{\"execute\":\"query-status\",\"id\":{\"a\":[2]}}\n",
    b"{\"execute\":\"query-commands\",\"id\":\"3\"}\n",
    b"{\"exec-oob\":\"query-yank\",\"id\":4}\n",
    b"{\"execute\":\"stop\"}\n",
    b"{\"execute\":\"device_del\",\"arguments\":{\"id\":7},\"id\":5}\n",
    b"{\"execute\":\"no-such\",\"id\":null}\n",
    b"{\"execute\":\"guest-ping\",\"id\":6}\n",
    b"{\"execute\":\"guest-info\",\"id\":7}\n",
    b"\xff{\"execute\":\"guest-sync-delimited\",\"arguments\":{\"id\":8}}\n",
    b"{\"execute\":\"guest-sync\",\"arguments\":{\"id\":9}}\n",
    b"{\"execute\":\"guest-shutdown\",\"id\":10}\n",
    b"{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"x\"},\"id\":11}\n",
    b"{\"id\":01}\n",
    b"\xff",
    b"{]",
    b"[1,",
];

const SAID: &[&[u8]] = &[
    b"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, \"package\": \"\"}, \"capabilities\": [\"oob\"]}}",
    b"{\"QMP\": {\"capabilities\": []}}",
    b"{\"return\": {}}",
    b"{\"return\": {}, \"id\": 1}",
    b"{\"return\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, \"package\": \"\"}, \"id\": 1}",
    b"{\"return\": {\"status\": \"running\", \"singlestep\": false, \"running\": true}, \"id\": {\"a\": [2]}}",
    b"{\"return\": [{\"name\": \"query-version\"}, {\"name\": \"qmp_capabilities\"}], \"id\": \"3\"}",
    b"{\"return\": {\"version\": \"7.2.0\", \"supported_commands\": [{\"name\": \"guest-ping\", \"enabled\": true, \"success-response\": true}]}, \"id\": 7}",
    b"{\"return\": 8}",
    b"{\"return\": 9}",
    b"\xff{\"return\": 8}",
    b"{\"id\": 5, \"error\": {\"class\": \"GenericError\", \"desc\": \"\"}}",
    b"{\"id\": null, \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"\"}}",
    b"{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}",
    b"{\"error\": {\"class\": \"Odd\", \"desc\": 1}, \"id\": inf}",
    b"{\"return\": {}, \"error\": {}}",
    b"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"STOP\"}",
    b"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"RTC_CHANGE\", \"data\": {\"offset\": 1, \"qom-path\": \"/x\"}}",
    b"{\"timestamp\": {\"seconds\": -1, \"microseconds\": 1000000}, \"event\": \"NO_SUCH\", \"data\": []}",
    b"[]",
    b"\xff",
    b"oops",
];

/// A transcript, and nothing where the choices run out.
pub fn transcript(source: &mut Unstructured<'_>) -> Result<Transcript> {
    let dialect = if source.arbitrary()? { Dialect::Qmp } else { Dialect::Qga };
    let start = *source.choose(&[Start::Command, Start::Greeting, Start::Connected])?;
    let fresh = start != Start::Command;
    let count = source.int_in_range(0..=EXCHANGES_MAX)?;
    let mut exchanges = Vec::with_capacity(count);
    let mut steps = Vec::with_capacity(count);
    let (mut connection, mut at_us) = (0, 0);
    for nth in 0..count {
        let opened = nth == 0 && fresh || source.ratio(1, 6)?;
        connection += u32::from(opened && nth > 0);
        let mut one = exchange(source, dialect, &mut at_us)?;
        one.connection = connection;
        if opened {
            (one.opened, one.sent, one.attempt) = (true, Payload::default(), None);
            steps.extend((nth > 0).then_some(Step::Reconnect));
        } else {
            steps.push(Step::Send(one.sent.to_vec()));
        }
        one.step = steps.len().checked_sub(1);
        exchanges.push(one);
    }
    let case = Case {
        id: CaseId { seed: 0, index: 0 },
        name: "made of bytes".to_owned(),
        command: None,
        aim: aim(source)?,
        start,
        steps,
    };
    Ok(Transcript {
        case: Arc::new(case),
        dialect,
        version: *source.choose(&[
            None,
            Some(Version::new(5, 2)),
            Some(Version::new(7, 2)),
            Some(Version::new(11, 1)),
        ])?,
        model: *source.choose(&[Model::V3_1, Model::V11, Model::Tolerant])?,
        start: if fresh { SessionState::fresh(dialect) } else { SessionState::command_mode(dialect) },
        exchanges,
        ending: ending(source)?,
    })
}

/// Half of them for no rule, and each rule in turn for the others.
fn aim(source: &mut Unstructured<'_>) -> Result<Option<String>> {
    if source.arbitrary()? {
        return Ok(None);
    }
    Ok(Some(source.choose(qmprobe_check::ALL)?.slug.to_owned()))
}

fn exchange(source: &mut Unstructured<'_>, dialect: Dialect, at_us: &mut u64) -> Result<Exchange> {
    let sent_us = *at_us;
    let sent = bytes(source, SENT, &[])?.into();
    let line_end: &[u8] = if dialect == Dialect::Qmp { b"\r\n" } else { b"\n" };
    let mut framer = Framer::new(&Limits::default());
    framer.feed(&bytes(source, SAID, line_end)?);
    let mut received = Vec::new();
    while let Some(frame) = framer.next_unterminated() {
        *at_us += u64::from(source.arbitrary::<u16>()?);
        received.push(Received { at_us: *at_us, frame });
    }
    let end = match source.int_in_range(0..=9u8)? {
        0 => ExchangeEnd::TimedOut { waited_ms: 5_000 },
        1 => ExchangeEnd::Closed,
        2 => ExchangeEnd::Unread,
        3 => ExchangeEnd::Flooded("message_bytes_max"),
        _ => ExchangeEnd::Complete,
    };
    let attempt = if source.ratio(1, 4)? {
        let (number, token) = (source.int_in_range(0..=3)?, source.int_in_range(7..=9)?);
        Some(Attempt { number, token, synced: source.arbitrary()?, skipped: source.int_in_range(0..=9)? })
    } else {
        None
    };
    let weight = if source.ratio(1, 8)? {
        let (memory_kib, files, threads) = (source.arbitrary()?, source.arbitrary()?, source.arbitrary()?);
        Some(Weight { memory_kib, files, threads })
    } else {
        None
    };
    Ok(Exchange { step: None, connection: 0, opened: false, sent, received, end, sent_us, attempt, weight })
}

/// Some of the pieces, with noise among them; `end` follows most.
fn bytes(source: &mut Unstructured<'_>, pieces: &[&[u8]], end: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for _ in 0..source.int_in_range(0..=PIECES_MAX)? {
        if source.ratio(1, 5)? {
            let length = source.int_in_range(0..=NOISE_MAX)?;
            bytes.extend_from_slice(source.bytes(length.min(source.len()))?);
        } else {
            bytes.extend_from_slice(source.choose(pieces)?);
        }
        if !source.ratio(1, 8)? {
            bytes.extend_from_slice(end);
        }
    }
    Ok(bytes)
}

fn ending(source: &mut Unstructured<'_>) -> Result<Ending> {
    Ok(match source.int_in_range(0..=9u8)? {
        0 => Ending::Disconnected,
        1 => Ending::Hung,
        2 => Ending::Exited {
            status: "signal 6 (SIGABRT)".to_owned(),
            signalled: true,
            code: None,
            stderr_tail: "a.c:1: f: Assertion `x' failed.".to_owned(),
        },
        3 => Ending::Exited {
            status: "exit status 1".to_owned(),
            signalled: false,
            code: Some(1),
            stderr_tail: String::new(),
        },
        _ => Ending::Alive,
    })
}
