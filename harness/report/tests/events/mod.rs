//! Event streams as the engine would write them, and what a report makes of them.
#![allow(dead_code)] // each test binary uses a part

use qmprobe_engine::event::{Event, Finding, Line, PeerFacts, Summary};
use qmprobe_report::{Format, Outcome, Outcomes, Settings};
use qmprobe_wire::{Case, CaseId, Dialect, Start, Step, Version};
use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

pub fn peer() -> PeerFacts {
    PeerFacts {
        name: "QEMU 7.2.22 (qemu-system-x86_64)".to_owned(),
        kind: "qemu".to_owned(),
        dialect: Dialect::Qmp,
        version: Some(Version { major: 7, minor: 2, micro: 22 }),
        command_line: "qemu-system-x86_64 -machine none -nodefaults -display none -chardev socket,id=m,fd=5,\
                       server=on,wait=off -mon chardev=m,mode=control"
            .to_owned(),
    }
}

pub fn started(planned: u64) -> Event {
    Event::RunStarted {
        tool: "0.1.0".to_owned(),
        peer: peer(),
        seed: 7,
        schema: "3f9a0c1d2e4b5a67".to_owned(),
        commands: 216,
        planned,
        at: 1_700_000_000,
        shards: None,
    }
}

pub fn judged(index: u64, command: &str, passed: &[&str], failed: &[&str]) -> Event {
    let owned = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect();
    Event::CaseEnded {
        id: CaseId { seed: 7, index },
        command: Some(command.to_owned()),
        passed: owned(passed),
        failed: owned(failed),
        took_us: 1_000,
    }
}

pub fn skipped(rule: &str, why: &str) -> Event {
    Event::RuleSkipped { rule: rule.to_owned(), why: why.to_owned() }
}

/// The id that comes back as `inf`, unwaived.
pub fn id_finding() -> Finding {
    let sent = br#"{"execute":"query-name","id":1e400}"#.to_vec();
    Finding {
        rule: "reply-id-echo".to_owned(),
        id: "Q301".to_owned(),
        title: "The id comes back".to_owned(),
        requirement: "A reply carries the id of its request as the same JSON value, and none where it had none."
            .to_owned(),
        source: "QMP specification, Issuing Commands; QEMU qapi/qmp-dispatch.c:qmp_dispatch".to_owned(),
        severity: "violation".to_owned(),
        signature: "ab12cd34ef56ab78".to_owned(),
        command: None,
        class: "changed".to_owned(),
        value_path: "id".to_owned(),
        schema_path: String::new(),
        expected: vec!["id 1e400".to_owned(), "an error without id".to_owned()],
        actual: "id inf".to_owned(),
        evidence: vec![
            Line { direction: "->".to_owned(), bytes: sent.clone() },
            Line { direction: "<-".to_owned(), bytes: b"{\"return\": {}, \"id\": inf}\r\n".to_vec() },
        ],
        peer_after: "alive".to_owned(),
        stderr_tail: String::new(),
        reproduced: 3,
        tries: 3,
        occurrences: 1,
        core: None,
        after_s: None,
        waived: None,
        case: Case {
            id: CaseId { seed: 7, index: 12 },
            name: "query-name: id 1e400".to_owned(),
            command: Some("query-name".to_owned()),
            aim: Some("reply-id-echo".to_owned()),
            start: Start::Command,
            steps: vec![Step::Send(sent)],
        },
        peer: peer(),
        by_hand: r#"printf '{"execute":"qmp_capabilities"}{"execute":"query-name","id":1e400}' | socat - UNIX-CONNECT:/tmp/q.sock"#
            .to_owned(),
        file: Some("qmprobe-out/findings/reply-id-echo/ab12cd34ef56ab78.json".to_owned()),
    }
}

/// A peer that dies, with everything hostile that a peer can put into a report.
pub fn crash_finding() -> Finding {
    let mut bytes = b"{\"execute\":\"object-add\",\"arguments\":{\"id\":\"".to_vec();
    bytes.extend(std::iter::repeat_n(b'x', 5_000));
    bytes.extend_from_slice(b"\"}}\0\x1b[31m");
    Finding {
        rule: "peer-survives".to_owned(),
        id: "P101".to_owned(),
        title: "The peer survives".to_owned(),
        requirement: "No input ends the peer, makes it hang or makes it drop the connection.".to_owned(),
        source: "QMP specification (errors are replies)".to_owned(),
        signature: "0011223344556677".to_owned(),
        command: Some("object-add".to_owned()),
        class: "SIGABRT".to_owned(),
        value_path: String::new(),
        schema_path: "object-add.size".to_owned(),
        expected: vec!["the peer goes on answering".to_owned()],
        actual: "signal 6 (SIGABRT): \u{1b}[2Jfind_ram_offset: Assertion `size != 0' failed.\0".to_owned(),
        evidence: vec![Line { direction: "->".to_owned(), bytes }],
        peer_after: "signal 6 (SIGABRT)".to_owned(),
        stderr_tail: "starting\nphysmem.c:1616: find_ram_offset: Assertion `size != 0' failed.\u{7}\n"
            .to_owned(),
        reproduced: 2,
        occurrences: 1,
        core: None,
        after_s: None,
        file: Some("qmprobe-out/findings/peer-survives/0011223344556677.json".to_owned()),
        ..id_finding()
    }
}

pub fn waived(mut finding: Finding, reason: &str) -> Event {
    finding.waived = Some(reason.to_owned());
    made(finding)
}

pub fn made(finding: Finding) -> Event {
    Event::FindingMade(Box::new(finding))
}

pub fn summary() -> Summary {
    let rules = [("reply-id-echo", (40, 0)), ("peer-survives", (42, 0)), ("one-reply", (42, 0))];
    let skipped = [("guest-exec", "dangerous: needs the guest sandbox"), ("quit", "ends the peer")];
    Summary {
        recovery: Vec::new(),
        complete: true,
        cut: None,
        planned: 15_012,
        judged: 15_012,
        commands_exercised: 214,
        commands_declared: 216,
        commands_skipped: skipped.iter().map(|(c, w)| ((*c).to_owned(), (*w).to_owned())).collect(),
        findings: 0,
        violations: 0,
        waived: 0,
        peer_starts: 2,
        seconds: 12.34,
        rules: rules.iter().map(|(rule, counts)| ((*rule).to_owned(), *counts)).collect(),
    }
}

/// Nothing is wrong.
pub fn clean() -> Vec<Event> {
    vec![
        started(15_012),
        judged(0, "query-name", &["reply-id-echo", "one-reply", "peer-survives"], &[]),
        skipped("event-rate", "no rate-limited event was seen"),
        skipped("oob-gate", "oob was never offered"),
        skipped("oob-allowed", "oob was never offered"),
        Event::RunFinished(summary()),
    ]
}

/// Two findings, of two rules, one of them counted later.
pub fn broken() -> Vec<Event> {
    let mut rules = summary().rules;
    rules.insert("reply-id-echo".to_owned(), (38, 2));
    rules.insert("peer-survives".to_owned(), (41, 1));
    vec![
        started(15_012),
        judged(12, "query-name", &["one-reply"], &["reply-id-echo"]),
        made(id_finding()),
        made(crash_finding()),
        Event::PeerRestarted { reason: "it died".to_owned() },
        Event::FindingCounted { signature: id_finding().signature, occurrences: 12 },
        Event::RunFinished(Summary { findings: 2, violations: 2, rules, ..summary() }),
    ]
}

/// Everything that is wrong is known; one waiver of the user's is idle.
pub fn known() -> Vec<Event> {
    let mut rules = summary().rules;
    rules.insert("reply-id-echo".to_owned(), (38, 2));
    let reason =
        "1e400 comes back as inf on every QEMU so far: FIXME in qobject/json-writer.c:json_writer_double";
    vec![
        started(15_012),
        waived(id_finding(), reason),
        waived(crash_finding(), "a size that is no size asserts"),
        Event::WaiverIdle { waiver: "mine.toml:3 one-reply".to_owned(), why: "matched nothing".to_owned() },
        Event::RunFinished(Summary { waived: 2, rules, ..summary() }),
    ]
}

/// The journal of a run that was killed.
pub fn interrupted() -> Vec<Event> {
    let mut events = broken();
    events.pop();
    events
}

pub const CONFORMING: Outcome = Outcome::Conforming;

/// The text that the format makes of the events.
pub fn render(format: &str, events: &[Event], outcome: Outcome) -> String {
    render_with(format, events, &Outcomes { whole: outcome, runs: vec![outcome] }, Settings::default())
}

pub fn render_with(format: &str, events: &[Event], outcomes: &Outcomes, settings: Settings) -> String {
    let sink = Sink::default();
    let format: &Format = qmprobe_report::format(format).expect("a known format");
    let mut report = (format.new)(Box::new(sink.clone()), settings);
    qmprobe_report::replay(events, outcomes, report.as_mut()).expect("a vector takes everything");
    let bytes = sink.0.borrow().clone();
    String::from_utf8(bytes).expect("reports are UTF-8")
}

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
