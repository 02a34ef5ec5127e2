//! Conversations written by hand, line by line, as transcripts.
#![allow(dead_code, reason = "no test uses all of it")]

use crate::schema::{Builder, member, sample};
use qmprobe_check::{Outcome, judge};
use qmprobe_schema::*;
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{
    Attempt, Case, CaseId, Dialect, Ending, Exchange, ExchangeEnd, Framer, Limits, Received, SessionState,
    Start, Step, Transcript, Weight,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One thing that is said or happens.
#[derive(Clone, Copy, Debug)]
pub enum Say {
    /// It is an agent; stands first.
    Qga,
    /// Its parser is its own.
    Stranger,
    /// It reads with a JSON library.
    Library,
    /// The case is made for this rule.
    Aim(&'static str),
    /// Out-of-band execution is on.
    OutOfBand,
    /// A fresh connection is opened. Without one the conversation is in command mode.
    Connect,
    /// A line to the peer; each character is a byte.
    Client(&'static str),
    /// A line from the peer, with the line end that is due; each character is a byte.
    Server(&'static str),
    /// These bytes from the peer.
    Raw(&'static str),
    /// A line from the peer that comes before the next one is sent.
    Late(&'static str),
    /// What was sent last was a client's try to get back in step, and whether it came of it.
    Tried(bool),
    /// What the peer took up then: KiB, file descriptors, threads.
    Weighed(u64, u64, u64),
    /// Nothing comes for a while, and nothing was due.
    Quiet,
    /// The client shuts down its side.
    HalfClose,
    /// What was due does not come.
    Timeout,
    /// The same, and it never answers again.
    Hang,
    /// The peer sends without end.
    Flood,
    /// The peer's process is ended by a signal.
    Crash,
    /// It ends by itself, with status 0.
    Exit,
    /// The peer closes the connection.
    Close,
}

pub const ALL_COMMANDS: &str = r#"{"return": [{"name": "qmp_capabilities"}, {"name": "query-status"}, {"name": "all"}, {"name": "oob-poke"}, {"name": "guest-shutdown"}, {"name": "device_add"}, {"name": "query-version"}, {"name": "query-commands"}, {"name": "query-qmp-schema"}, {"name": "getfd"}, {"name": "guest-ping"}, {"name": "guest-info"}, {"name": "guest-sync-delimited"}], "id": 1}"#;
pub const ALL_BUT_ONE: &str = r#"{"return": [{"name": "qmp_capabilities"}, {"name": "query-status"}, {"name": "oob-poke"}, {"name": "guest-shutdown"}, {"name": "device_add"}, {"name": "query-version"}, {"name": "query-commands"}, {"name": "query-qmp-schema"}, {"name": "getfd"}, {"name": "guest-ping"}, {"name": "guest-info"}, {"name": "guest-sync-delimited"}], "id": 1}"#;
pub const ONE_TOO_MANY: &str = r#"{"return": [{"name": "qmp_capabilities"}, {"name": "nosuch"}, {"name": "query-status"}, {"name": "all"}, {"name": "oob-poke"}, {"name": "guest-shutdown"}, {"name": "device_add"}, {"name": "query-version"}, {"name": "query-commands"}, {"name": "query-qmp-schema"}, {"name": "getfd"}, {"name": "guest-ping"}, {"name": "guest-info"}, {"name": "guest-sync-delimited"}], "id": 1}"#;
pub const INFO: &str = r#"{"return": {"supported_commands": [{"name": "qmp_capabilities"}, {"name": "query-status"}, {"name": "all"}, {"name": "oob-poke"}, {"name": "guest-shutdown", "success-response": false}, {"name": "device_add"}, {"name": "query-version"}, {"name": "query-commands"}, {"name": "query-qmp-schema"}, {"name": "getfd"}, {"name": "guest-ping", "success-response": true}, {"name": "guest-info"}, {"name": "guest-sync-delimited"}]}, "id": 1}"#;
pub const INFO_LACKS_ONE: &str = r#"{"return": {"supported_commands": [{"name": "qmp_capabilities"}, {"name": "query-status"}, {"name": "all"}, {"name": "oob-poke"}, {"name": "guest-shutdown", "success-response": false}, {"name": "device_add"}, {"name": "query-version"}, {"name": "query-commands"}, {"name": "query-qmp-schema"}, {"name": "getfd"}, {"name": "guest-info"}, {"name": "guest-sync-delimited"}]}, "id": 1}"#;

/// What `query-qmp-schema` returns that tells of the sample.
pub const INTROSPECTION: &str = include_str!("introspection.json");

/// The sample with what sessions of both dialects need besides, and three events.
fn schema() -> Schema {
    let mut b = Builder { schema: sample() };
    let any = b.builtin(Builtin::Any);
    let int = b.builtin(Builtin::Int64);
    let small = b.builtin(Builtin::Uint8);
    let token = b.object(vec![member("id", int)], None);
    let depth = b.object(vec![member("depth", small)], None);
    b.command("query-version", None, Some(any));
    b.command("query-commands", None, Some(any));
    b.command("query-qmp-schema", None, Some(any));
    b.command("getfd", None, None);
    b.command("guest-ping", None, None);
    b.command("guest-info", None, Some(any));
    b.command("guest-sync-delimited", Some(token), Some(int));
    let event = |name: &str, data| Event {
        name: name.to_owned(),
        data,
        features: Features::default(),
        condition: None,
    };
    b.schema.events = vec![event("CLOSED", None), event("OPENED", Some(depth)), event("RTC_CHANGE", None)];
    b.schema
}

/// The rules that fail.
pub fn fails(talk: &[Say]) -> BTreeSet<&'static str> {
    slugs(talk, |outcome| matches!(outcome, Outcome::Fail(_)))
}

/// The same for a peer that says that this command is blocked.
pub fn fails_without(command: &str, talk: &[Say]) -> BTreeSet<&'static str> {
    let whole = Arc::new(schema());
    let mut left = Schema { source: Some(Arc::clone(&whole)), ..(*whole).clone() };
    left.commands.retain(|one| one.name != command);
    let failed = judge(&left, &transcript(talk)).into_iter();
    failed
        .filter(|verdict| matches!(verdict.outcome, Outcome::Fail(_)))
        .map(|verdict| verdict.rule.slug)
        .collect()
}

/// The rules that had something to look at and found nothing.
pub fn passes(talk: &[Say]) -> BTreeSet<&'static str> {
    slugs(talk, |outcome| matches!(outcome, Outcome::Pass))
}

fn slugs(talk: &[Say], wanted: impl Fn(&Outcome) -> bool) -> BTreeSet<&'static str> {
    let verdicts = judge(&schema(), &transcript(talk));
    verdicts.into_iter().filter(|verdict| wanted(&verdict.outcome)).map(|verdict| verdict.rule.slug).collect()
}

/// How often a rule fails.
pub fn breaches(talk: &[Say], rule: &str) -> usize {
    let verdicts = judge(&schema(), &transcript(talk));
    let failed = verdicts.iter().filter(|verdict| matches!(verdict.outcome, Outcome::Fail(_)));
    failed.filter(|verdict| verdict.rule.slug == rule).count()
}

/// The classes of a rule's breaches.
pub fn classes(talk: &[Say], rule: &str) -> Vec<String> {
    let verdicts =
        judge(&schema(), &transcript(talk)).into_iter().filter(|verdict| verdict.rule.slug == rule);
    verdicts
        .filter_map(
            |verdict| if let Outcome::Fail(breach) = verdict.outcome { Some(breach.class) } else { None },
        )
        .collect()
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|character| u8::try_from(u32::from(character)).expect("a byte")).collect()
}

fn transcript(talk: &[Say]) -> Transcript {
    let dialect = if talk.iter().any(|say| matches!(say, Say::Qga)) { Dialect::Qga } else { Dialect::Qmp };
    let fresh = talk.iter().any(|say| matches!(say, Say::Connect));
    let oob = talk.iter().any(|say| matches!(say, Say::OutOfBand));
    let aim = talk.iter().find_map(|say| if let Say::Aim(rule) = say { Some(*rule) } else { None });
    let case = Case {
        id: CaseId { seed: 0, index: 0 },
        name: String::new(),
        command: None,
        aim: aim.map(str::to_owned),
        start: if fresh { Start::Greeting } else { Start::Command },
        steps: if talk.iter().any(|say| matches!(say, Say::HalfClose)) {
            vec![Step::HalfClose]
        } else {
            Vec::new()
        },
    };
    let mut scribe =
        Scribe { dialect, exchanges: Vec::new(), early: Vec::new(), connections: 0, ending: Ending::Alive };
    for say in talk {
        scribe.note(*say);
    }
    Transcript {
        case: Arc::new(case),
        dialect,
        version: None,
        model: talk.iter().fold(Model::V3_1, |model, say| match say {
            Say::Stranger => Model::Tolerant,
            Say::Library => Model::Library,
            _ => model,
        }),
        start: if fresh {
            SessionState::fresh(dialect)
        } else {
            SessionState { oob, ..SessionState::command_mode(dialect) }
        },
        exchanges: scribe.exchanges,
        ending: scribe.ending,
    }
}

struct Scribe {
    dialect: Dialect,
    exchanges: Vec<Exchange>,
    early: Vec<Received>,
    connections: u32,
    ending: Ending,
}

impl Scribe {
    fn note(&mut self, say: Say) {
        match say {
            Say::Qga | Say::Stranger | Say::Library | Say::OutOfBand | Say::Aim(_) => {}
            Say::Connect => {
                self.connections += 1;
                self.begin(Vec::new(), true);
            }
            Say::Client(line) => self.begin([bytes(line), b"\n".to_vec()].concat(), false),
            Say::Quiet => self.begin(Vec::new(), false),
            Say::HalfClose => {
                self.begin(Vec::new(), false);
                self.exchanges.last_mut().expect("an exchange").step = Some(0);
            }
            Say::Late(line) => self.early = self.frames(line, true, 0),
            Say::Server(line) => self.hear(line, true),
            Say::Raw(text) => self.hear(text, false),
            Say::Tried(synced) => {
                let attempt = Attempt { number: 0, token: 7, synced, skipped: 0 };
                self.exchanges.last_mut().expect("an exchange").attempt = Some(attempt);
            }
            Say::Weighed(memory_kib, files, threads) => {
                let weight = Weight { memory_kib, files, threads };
                self.exchanges.last_mut().expect("an exchange").weight = Some(weight);
            }
            Say::Timeout => self.end(ExchangeEnd::TimedOut { waited_ms: 1 }),
            Say::Hang => {
                self.end(ExchangeEnd::TimedOut { waited_ms: 1 });
                self.ending = Ending::Hung;
            }
            Say::Flood => self.end(ExchangeEnd::Flooded("case_bytes_max")),
            Say::Close => {
                self.end(ExchangeEnd::Closed);
                self.ending = Ending::Disconnected;
            }
            Say::Crash => self.exit("signal 6 (SIGABRT)", None),
            Say::Exit => self.exit("exit status 0", Some(0)),
        }
    }

    fn begin(&mut self, sent: Vec<u8>, opened: bool) {
        self.exchanges.push(Exchange {
            step: None,
            connection: self.connections.saturating_sub(1),
            opened,
            sent: sent.into(),
            received: std::mem::take(&mut self.early),
            end: ExchangeEnd::Complete,
            sent_us: 1,
            attempt: None,
            weight: None,
        });
    }

    fn frames(&self, text: &str, line: bool, at_us: u64) -> Vec<Received> {
        let end: &[u8] = match self.dialect {
            Dialect::Qmp => b"\r\n",
            Dialect::Qga => b"\n",
        };
        let mut framer = Framer::new(&Limits::default());
        framer.feed(&bytes(text));
        framer.feed(if line { end } else { b"" });
        std::iter::from_fn(|| framer.next_unterminated()).map(|frame| Received { at_us, frame }).collect()
    }

    fn hear(&mut self, text: &str, line: bool) {
        let frames = self.frames(text, line, 2);
        self.exchanges.last_mut().expect("an exchange").received.extend(frames);
    }

    fn exit(&mut self, status: &str, code: Option<i32>) {
        self.end(ExchangeEnd::Closed);
        self.ending = Ending::Exited {
            status: status.to_owned(),
            signalled: code.is_none(),
            code,
            stderr_tail: String::new(),
        };
    }

    fn end(&mut self, end: ExchangeEnd) {
        self.exchanges.last_mut().expect("an exchange").end = end;
    }
}
