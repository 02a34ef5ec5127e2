//! What is done over and over to see whether the peer takes up more each time: requests that by their replies made
//! nothing, and pairs of which the second undoes what the first did.

use super::novelty::template;
use crate::safety::{Class, class_of};
use qmprobe_generate::session::repeated;
use qmprobe_generate::state::Request;
use qmprobe_wire::{Case, CaseId, Message, MessageKind, Start, Value};
use std::collections::{HashSet, VecDeque};
use std::time::Duration;

/// The slug of the rule about it.
const AIM: &str = "no-leak";
/// Times that a request is made in one go.
const TIMES: u16 = 128;
/// The longest that one may take, and its reply be: many of them are waited for.
const TOOK_MAX: Duration = Duration::from_millis(1);
const REPLY_BYTES_MAX: usize = 4096;
/// Sequences of a round.
pub(super) const ROUND_CASES: u64 = 4;
/// The part of the time that they have.
const TIME_ONE_IN: u32 = 16;
/// Other rounds between two of these.
const ROUNDS_BETWEEN: u64 = 6;
/// Sequences that wait.
const WAITING_MAX: usize = 256;
/// Changes that a request may undo.
const CHANGES_MAX: usize = 8;

/// What is to be repeated, and what has been.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    waiting: VecDeque<(usize, Vec<Request>)>,
    /// Commands with what they came to, of which one was taken.
    taken: HashSet<(String, String)>,
    /// When they were last played, in rounds.
    last: u64,
    /// Time spent on them.
    spent: Duration,
}

impl Repeats {
    /// Takes in what a request came to in this set-up. `changes` are those carried out before it that may have
    /// changed something, the newest last.
    pub fn offer(
        &mut self,
        setup: usize,
        request: &Request,
        reply: &Message,
        took: Duration,
        changes: &VecDeque<Request>,
    ) {
        let is_light = took <= TOOK_MAX && reply.bytes.len() <= REPLY_BYTES_MAX;
        if !is_light || self.waiting.len() >= WAITING_MAX {
            return;
        }
        if reply.kind == MessageKind::Error {
            let desc = reply.get("error").and_then(|error| error.get("desc")?.as_str());
            self.wait(setup, template(desc.unwrap_or_default()), vec![request.clone()]);
        } else if class_of(&request.command) == Class::Observing {
            self.wait(setup, String::new(), vec![request.clone()]);
        } else {
            let undone = changes.iter().rev().take(CHANGES_MAX).find(|change| are_about_one(change, request));
            let pair = undone.map(|change| vec![change.clone(), request.clone()]);
            pair.into_iter().for_each(|pair| self.wait(setup, pair[0].command.clone(), pair));
        }
    }

    fn wait(&mut self, setup: usize, with: String, requests: Vec<Request>) {
        let Some(last) = requests.last() else { return };
        if self.taken.insert((last.command.clone(), with)) {
            self.waiting.push_back((setup, requests));
        }
    }

    /// The set-up of the next round of these, when one is due.
    pub fn due(&self, rounds: u64, elapsed: Duration) -> Option<usize> {
        let may = rounds >= self.last + ROUNDS_BETWEEN && self.spent < elapsed / TIME_ONE_IN;
        self.waiting.front().filter(|_| may).map(|(setup, _)| *setup)
    }

    /// The next case for a peer in this set-up.
    pub fn next(&mut self, setup: usize, id: CaseId) -> Option<(Case, Request)> {
        let at = self.waiting.iter().position(|(of, _)| *of == setup)?;
        let (_, requests) = self.waiting.remove(at)?;
        let last = requests.last()?.clone();
        let mut bytes = Vec::new();
        for request in &requests {
            bytes.extend(request.bytes(None));
            bytes.push(b'\n');
        }
        let times = TIMES / u16::try_from(requests.len()).unwrap_or(TIMES);
        let case = Case {
            id,
            name: format!("{}: over and over", last.command),
            command: Some(last.command.clone()),
            aim: Some(AIM.to_owned()),
            start: Start::Command,
            steps: repeated(&bytes, times),
        };
        Some((case, last))
    }

    /// A round of them is over.
    pub fn played(&mut self, rounds: u64, took: Duration) {
        self.last = rounds;
        self.spent += took;
    }
}

/// Whether two requests of different commands name the same thing.
fn are_about_one(change: &Request, request: &Request) -> bool {
    let names = |request: &Request| -> HashSet<String> {
        let members = request.arguments.as_ref().and_then(Value::as_object).unwrap_or_default();
        let texts = members.iter().filter_map(|(_, value)| value.as_str());
        texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
    };
    change.command != request.command && !names(change).is_disjoint(&names(request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::{Frame, Framer, Limits};

    fn reply(text: &str) -> Message {
        let mut framer = Framer::new(&Limits::default());
        framer.feed(text.as_bytes());
        match framer.next_unterminated() {
            Some(Frame::Message(message)) => message,
            other => panic!("{other:?}"),
        }
    }

    fn request(text: &str) -> Request {
        Request::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_made_something_is_repeated_only_with_what_undoes_it() {
        let add = request(r#"{"execute":"object-add","arguments":{"qom-type":"iothread","id":"a"}}"#);
        let del = request(r#"{"execute":"object-del","arguments":{"id":"a"}}"#);
        let (done, quick) = (reply(r#"{"return": {}}"#), Duration::from_millis(1));
        let refused = reply(r#"{"error": {"class": "GenericError", "desc": "no 'b'"}}"#);
        let mut repeats = Repeats::default();
        let id = CaseId { seed: 0, index: 0 };
        repeats.offer(0, &add, &done, quick, &VecDeque::new());
        assert!(repeats.next(0, id).is_none(), "it made something");
        repeats.offer(0, &del, &done, quick, &VecDeque::from([add.clone()]));
        assert!(repeats.next(1, id).is_none(), "in another set-up");
        assert_eq!(repeats.next(0, id).unwrap().0.steps.len(), 6);
        for nth in 0..2 {
            repeats.offer(0, &add, &refused, quick, &VecDeque::new());
            assert_eq!(repeats.next(0, id).is_some(), nth == 0, "what comes to the same is done once");
        }
        repeats.offer(
            0,
            &request(r#"{"execute":"query-name"}"#),
            &done,
            Duration::from_secs(1),
            &VecDeque::new(),
        );
        assert!(repeats.next(0, id).is_none(), "it would take too long");
    }

    #[test]
    fn a_round_of_them_is_due_when_there_was_time_for_others() {
        let mut repeats = Repeats::default();
        let minute = Duration::from_secs(60);
        assert_eq!(repeats.due(100, minute), None);
        let looks = request(r#"{"execute":"query-name"}"#);
        repeats.offer(3, &looks, &reply(r#"{"return": {}}"#), Duration::ZERO, &VecDeque::new());
        assert_eq!(repeats.due(100, minute), Some(3));
        repeats.played(100, minute / 10);
        assert_eq!(repeats.due(100 + ROUNDS_BETWEEN, minute), None);
        assert_eq!(repeats.due(100 + ROUNDS_BETWEEN, 2 * minute), Some(3));
    }
}
