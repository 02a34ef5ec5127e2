//! Judges every reply, the ones that come again by comparison: a verdict is a function of the bytes, so a reply
//! that differs from a good one in nothing but the id that is due is good.

use qmprobe_check::{Outcome, judge};
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::Model;
use qmprobe_wire::escape::escape_short;
use qmprobe_wire::{
    Case, CaseId, Dialect, Ending, Exchange, ExchangeEnd, Frame, LineEnd, Message, Received, SessionState,
    Start, Step, Transcript, Value, Version, parse,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Different faults kept.
const FAULTS_MAX: usize = 100;
/// Characters of a reply that are shown.
const SHOWN_CHARS: usize = 400;
/// Levels of nesting of a reply that is learnt.
const NESTING_MAX: usize = 64;

/// A way in which replies break a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The peer, as the record calls it.
    pub peer: String,
    /// The rule's slug.
    pub rule: String,
    /// The command.
    pub command: String,
    /// The word for the kind of breach.
    pub class: String,
    /// Where in the schema, if anywhere.
    pub schema_path: String,
    /// What would be accepted.
    pub expected: String,
    /// What came instead.
    pub actual: String,
    /// The first request, legible.
    pub sent: String,
    /// The first reply, legible and shortened.
    pub received: String,
    /// How often.
    pub count: u64,
}

/// One request with all that came until its reply, not judged yet.
#[derive(Debug)]
pub(super) struct Answer {
    pub sent: Vec<u8>,
    pub id: Option<u64>,
    pub received: Vec<Frame>,
    pub end: ExchangeEnd,
}

/// What is held against, and what was found.
#[derive(Debug)]
pub(super) struct Judge {
    pub peer: String,
    pub schema: Arc<Schema>,
    pub dialect: Dialect,
    pub version: Option<Version>,
    faults: BTreeMap<(String, String, String, String), Fault>,
}

impl Judge {
    pub fn new(schema: Arc<Schema>, dialect: Dialect, version: Option<Version>) -> Judge {
        Judge { peer: String::new(), schema, dialect, version, faults: BTreeMap::new() }
    }

    /// Judges an answer; returns its reply as one that need not be judged again, if there was no fault in it.
    pub fn judge(&mut self, command: &str, answer: Answer, oob: bool, ending: &Ending) -> Option<Known> {
        let id = answer.id;
        let transcript = self.transcript(command, answer, oob, ending);
        let mut good = true;
        for verdict in judge(&self.schema, &transcript) {
            let Outcome::Fail(breach) = verdict.outcome else { continue };
            let breach = *breach;
            good = false;
            let schema_path = breach.schema_path;
            let key =
                (verdict.rule.slug.to_owned(), command.to_owned(), breach.class.clone(), schema_path.clone());
            if self.faults.len() >= FAULTS_MAX && !self.faults.contains_key(&key) {
                continue;
            }
            let exchange = &transcript.exchanges[0];
            let fault = self.faults.entry(key).or_insert_with(|| Fault {
                peer: self.peer.clone(),
                rule: verdict.rule.slug.to_owned(),
                command: command.to_owned(),
                class: breach.class,
                schema_path,
                expected: breach.expected.join(" or "),
                actual: breach.actual,
                sent: escape_short(&exchange.sent.to_vec(), SHOWN_CHARS),
                received: exchange.messages().last().map_or_else(
                    || "nothing".to_owned(),
                    |message| escape_short(&message.bytes, SHOWN_CHARS),
                ),
                count: 0,
            });
            fault.count += 1;
        }
        // The reply is what comes last; events may have come before.
        let last = transcript.exchanges[0].received.last().filter(|_| good);
        match last.map(|received| &received.frame) {
            Some(Frame::Message(message)) => Known::of(message, id),
            _ => None,
        }
    }

    /// What was found, in order of rule and command.
    pub fn into_faults(self) -> impl Iterator<Item = Fault> {
        let peer = self.peer;
        self.faults.into_values().map(move |fault| Fault { peer: peer.clone(), ..fault })
    }

    fn transcript(&self, command: &str, answer: Answer, oob: bool, ending: &Ending) -> Transcript {
        let case = Case {
            id: CaseId { seed: 0, index: 0 },
            name: command.to_owned(),
            command: Some(command.to_owned()),
            aim: None,
            start: Start::Command,
            steps: vec![Step::Send(answer.sent.clone())],
        };
        let received = answer.received.into_iter().map(|frame| Received { at_us: 1, frame }).collect();
        let exchange = Exchange {
            step: Some(0),
            connection: 0,
            opened: false,
            sent: answer.sent.into(),
            received,
            end: answer.end,
            sent_us: 0,
            attempt: None,
            weight: None,
        };
        Transcript {
            case: Arc::new(case),
            dialect: self.dialect,
            version: self.version,
            model: Model::of(self.version),
            start: SessionState { oob, ..SessionState::command_mode(self.dialect) },
            exchanges: vec![exchange],
            ending: ending.clone(),
        }
    }
}

/// A good reply with a place for the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Known {
    head: Vec<u8>,
    /// What follows the id, line end included. Empty where there is no id.
    tail: Vec<u8>,
    has_id: bool,
}

impl Known {
    /// `None` when it cannot be told where in the bytes the id stands.
    fn of(message: &Message, id: Option<u64>) -> Option<Known> {
        let line_end: &[u8] = match message.line_end {
            LineEnd::CrLf => b"\r\n",
            LineEnd::Lf => b"\n",
            LineEnd::Missing => b"",
        };
        let bytes = &message.bytes;
        let Some(id) = id else {
            return Some(Known { head: [bytes, line_end].concat(), tail: Vec::new(), has_id: false });
        };
        let digits = id.to_string();
        let members = message.value()?.as_object()?;
        // An id stands last in a success of QEMU's, and first in an error.
        let last = memchr::memmem::rfind(bytes, digits.as_bytes());
        let first = memchr::memmem::find(bytes, digits.as_bytes());
        [last, first].into_iter().flatten().find_map(|at| {
            let (head, tail) = (&bytes[..at], &bytes[at + digits.len()..]);
            let other = id + 1;
            let changed = parse::parse(&[head, other.to_string().as_bytes(), tail].concat(), NESTING_MAX);
            let is_id =
                changed.value.as_ref()?.as_object()?.iter().zip(members).all(|((name, new), (same, old))| {
                    let due = Value::Number(qmprobe_wire::Number::Uint(other));
                    let id = name == "id" && (*new == due || new.as_integer() == Some(i128::from(other)));
                    name == same && (id || name != "id" && new == old)
                });
            let known = || Known { head: head.to_vec(), tail: [tail, line_end].concat(), has_id: true };
            is_id.then(known)
        })
    }

    /// The reply with this id, in parts.
    pub fn with_id<'a>(&'a self, id: &'a [u8]) -> [&'a [u8]; 3] {
        [&self.head, if self.has_id { id } else { b"" }, &self.tail]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str, id: Option<u64>) -> Option<String> {
        let message = Message::new(text.as_bytes().to_vec(), LineEnd::CrLf, 64);
        Some(String::from_utf8(Known::of(&message, id)?.with_id(b"99").concat()).unwrap())
    }

    #[test]
    fn a_known_reply_has_a_place_for_the_id_and_only_there() {
        let expected = Some("{\"return\": {\"id\": 12}, \"id\": 99}\r\n".to_owned());
        assert_eq!(known("{\"return\": {\"id\": 12}, \"id\": 12}", Some(12)), expected);
        let expected = Some("{\"id\": 99, \"return\": [12]}\r\n".to_owned());
        assert_eq!(known("{\"id\": 12, \"return\": [12]}", Some(12)), expected);
        assert_eq!(known("{\"return\": {}}", None), Some("{\"return\": {}}\r\n".to_owned()));
    }

    #[test]
    fn a_reply_whose_id_cannot_be_told_is_not_known() {
        assert_eq!(known("{\"return\": 12, \"id\": 12, \"x\": 12}", Some(12)), None);
        assert_eq!(known("{\"return\": {}}", Some(12)), None);
    }

    fn judged(reply: &str, id: u64) -> (bool, Vec<Fault>) {
        let schema = Arc::new(qmprobe_schema::shipped("qemu-7.2").unwrap().unwrap());
        let mut judge = Judge::new(schema, Dialect::Qmp, None);
        let message = Message::new(reply.as_bytes().to_vec(), LineEnd::CrLf, 64);
        let answer = Answer {
            sent: b"{\"execute\":\"query-status\",\"id\":12}".to_vec(),
            id: Some(id),
            received: vec![Frame::Message(message)],
            end: ExchangeEnd::Complete,
        };
        let known = judge.judge("query-status", answer, false, &Ending::Alive).is_some();
        (known, judge.into_faults().collect())
    }

    #[test]
    fn a_good_reply_is_learnt_and_a_wrong_one_is_a_fault() {
        let good =
            "{\"return\": {\"status\": \"running\", \"singlestep\": false, \"running\": true}, \"id\": 12}";
        assert_eq!(judged(good, 12), (true, Vec::new()));
        for wrong in [good.replace("true", "1"), good.replace("12", "13"), good.replace("status", "statvs")] {
            let (known, faults) = judged(&wrong, 12);
            assert!(!known && faults.iter().all(|fault| fault.count == 1) && !faults.is_empty(), "{wrong}");
        }
    }
}
