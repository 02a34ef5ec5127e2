//! What a listener waits for.

use qmprobe_check::{Accepted, Expectation};
use qmprobe_wire::{Frame, Message, MessageKind, Received, Value};

/// What a listener waits for.
#[derive(Debug)]
pub(super) enum Until {
    /// The greeting.
    Greeting,
    /// The predicted replies.
    Replies(Due),
    /// The reply to a sync with this token.
    Token(i64),
    /// Any return: of an agent that is known not to return tokens.
    Return,
    /// Nothing: listen for the whole time.
    Time,
    /// The end of the peer's output.
    Eof,
}

/// How near to its end the wait is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    No,
    /// All that must come has; what may come is given a moment.
    Nearly,
    /// As many replies came as were due, but the last is not the one that was waited for.
    Doubtful,
    Yes,
}

/// The replies that are due to one write.
#[derive(Debug, Default)]
pub(super) struct Due {
    must: usize,
    may: usize,
    /// The id of the last reply that must come, when it is the last of all.
    last: Option<Option<Value>>,
}

impl Due {
    /// One reply, whatever it says.
    pub fn one() -> Due {
        Due::some(1)
    }

    /// So many replies, whatever they say.
    pub fn some(must: usize) -> Due {
        Due { must, may: 0, last: None }
    }

    pub fn expect(&mut self, expectation: &Expectation) {
        if expectation.accepted.has(Accepted::NOTHING) {
            self.may += 1;
            self.last = None;
        } else {
            self.must += 1;
            self.last = Some(expectation.id.clone());
        }
    }

    /// Adds replies that earlier writes are owed.
    pub fn also(&mut self, owed: usize) {
        self.must += owed;
    }

    /// Replies that must come.
    pub fn must(&self) -> usize {
        self.must
    }

    /// Whether so many replies are what was due.
    pub fn is_met_by(&self, replies: usize) -> bool {
        (self.must..=self.must + self.may).contains(&replies)
    }

    fn reached(&self, replies: usize, newest: Option<&Message>) -> Reached {
        let last_came = || match &self.last {
            None => true,
            Some(id) => newest.is_some_and(|reply| reply.get("id") == id.as_ref()),
        };
        if replies >= self.must + self.may {
            return if last_came() { Reached::Yes } else { Reached::Doubtful };
        }
        if replies >= self.must && last_came() { Reached::Nearly } else { Reached::No }
    }
}

impl Until {
    /// How near the wait is to its end, after `received`.
    pub fn reached(&self, received: &[Received]) -> Reached {
        let reached = match self {
            Until::Replies(due) => {
                let newest = messages(received).filter(|message| message.is_reply()).last();
                return due.reached(replies(received), newest);
            }
            Until::Greeting => {
                let greeted = messages(received).any(|message| message.kind == MessageKind::Greeting);
                let heard = messages(received).next().is_some();
                return match (greeted, heard) {
                    (true, _) => Reached::Yes,
                    (false, true) => Reached::Nearly,
                    (false, false) => Reached::No,
                };
            }
            Until::Token(token) => messages(received).any(|message| {
                message.kind == MessageKind::Return
                    && message.get("return").and_then(Value::as_integer) == Some(i128::from(*token))
            }),
            Until::Return => messages(received).any(|message| message.kind == MessageKind::Return),
            Until::Time | Until::Eof => false,
        };
        if reached { Reached::Yes } else { Reached::No }
    }
}

/// The messages among what was received.
pub(super) fn messages(received: &[Received]) -> impl Iterator<Item = &Message> {
    received.iter().filter_map(|received| match &received.frame {
        Frame::Message(message) => Some(message),
        Frame::Sentinel | Frame::Garbage(_) => None,
    })
}

/// The replies among what was received.
pub(super) fn replies(received: &[Received]) -> usize {
    messages(received).filter(|message| message.is_reply()).count()
}
