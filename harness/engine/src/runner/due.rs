//! What a listener waits for.

use qmprobe_check::{Accepted, Expectation};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{Frame, Message, MessageKind, Received, Value};

/// What a listener waits for.
#[derive(Debug)]
pub(super) enum Until {
    /// The greeting.
    Greeting,
    /// Any message.
    Message,
    /// The predicted replies.
    Replies(Due),
    /// The answer that the recovering client at the tap waits for.
    Synced,
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

/// What the last reply is told by.
#[derive(Debug)]
enum Last {
    Id(Option<Value>),
    /// What a sync returns: nothing that an agent was asked before can follow.
    Token(i128),
}

/// The replies that are due to one write.
#[derive(Debug, Default)]
pub(super) struct Due {
    must: usize,
    may: usize,
    /// Replies that may have come to earlier writes.
    before: usize,
    /// The last reply that must come, when it is the last of all.
    last: Option<Last>,
    /// They belong to a stream, which the reply to its last command ends; in it the count may be left open.
    stream: Option<Model>,
    /// How many errors malformed text is worth to the peer is not known.
    uncounted: bool,
    /// Some that earlier text is worth may be still to come.
    behind_errors: bool,
}

impl Due {
    /// One reply, whatever it says.
    pub fn one() -> Due {
        Due::some(1)
    }

    /// So many replies, whatever they say.
    pub fn some(must: usize) -> Due {
        Due { must, ..Due::default() }
    }

    /// Any number of replies, the last with this id.
    pub fn up_to(id: &Value) -> Due {
        Due { last: Some(Last::Id(Some(id.clone()))), stream: Some(Model::Tolerant), ..Due::default() }
    }

    /// Adds what is expected; `token` is what a sync is to return.
    pub fn expect(&mut self, expectation: &Expectation, token: Option<i128>) {
        if expectation.accepted.has(Accepted::NOTHING) {
            self.may += 1;
            self.last = None;
        } else {
            self.must += 1;
            self.last = Some(match token {
                Some(token) => Last::Token(token),
                None => Last::Id(expectation.id.clone()),
            });
        }
    }

    /// The replies belong to a stream that is sent to a peer with this parser.
    pub fn is_of_stream(&mut self, model: Option<Model>) {
        self.stream = model;
    }

    /// How many errors come is left open, and of those to earlier text where that was malformed.
    pub fn leaves_errors_open(&mut self, behind_errors: bool) {
        self.uncounted = true;
        self.behind_errors = behind_errors;
    }

    /// Whether what came last may be an error of earlier text, and not what was waited for.
    fn may_be_of_earlier_text(&self, newest: Option<&Message>) -> bool {
        let is_bare = |reply: &Message| reply.kind == MessageKind::Error && !reply.has("id");
        let is_named = matches!(self.last, Some(Last::Id(Some(_))));
        self.behind_errors && is_named && newest.is_some_and(is_bare)
    }

    /// Adds replies that earlier writes are owed, and those that may have come to them.
    pub fn also(&mut self, owed: usize, may: usize) {
        self.must += owed;
        self.before += may;
    }

    /// Replies that may come or stay out.
    pub fn may(&self) -> usize {
        self.may
    }

    /// Replies that must come.
    pub fn must(&self) -> usize {
        self.must
    }

    /// Whether more replies must come than these.
    pub fn is_owed_more(&self, replies: usize, newest: Option<&Message>) -> bool {
        replies < self.must || self.awaits_sync(newest)
    }

    /// Whether the answer to a sync comes behind errors that nobody counts.
    fn awaits_sync(&self, newest: Option<&Message>) -> bool {
        let only_errors = || newest.is_some_and(|reply| reply.kind == MessageKind::Error);
        self.uncounted && matches!(self.last, Some(Last::Token(_))) && only_errors()
    }

    /// Whether so many replies are what was due.
    pub fn is_met_by(&self, replies: usize) -> bool {
        self.stream.is_some_and(|model| !model.is_qemus())
            || (self.must..=self.must + self.may + self.before).contains(&replies)
    }

    fn reached(&self, replies: usize, newest: Option<&Message>) -> Reached {
        if self.is_ended_by(newest) {
            return Reached::Yes;
        }
        let all_came = replies >= self.must + self.may;
        let last_came = || match &self.last {
            None => true,
            Some(Last::Id(id)) => newest.is_some_and(|reply| reply.get("id") == id.as_ref()),
            Some(Last::Token(_)) => false,
        };
        if self.stream.is_some() {
            // Replies come in order: what did not come before the last will not come.
            return match (all_came, last_came()) {
                (_, true) => Reached::Yes,
                (true, false) => Reached::Nearly,
                (false, false) => Reached::No,
            };
        }
        if self.awaits_sync(newest) {
            return Reached::No;
        }
        if all_came {
            return match last_came() {
                true => Reached::Yes,
                // However often that was in vain, it is worth waiting for another reply.
                false if self.may_be_of_earlier_text(newest) => Reached::Nearly,
                false => Reached::Doubtful,
            };
        }
        if replies >= self.must && last_came() { Reached::Nearly } else { Reached::No }
    }

    /// Whether this reply is that to the sync at the end of what was sent.
    pub fn is_ended_by(&self, reply: Option<&Message>) -> bool {
        let Some(Last::Token(token)) = self.last else { return false };
        reply.and_then(|reply| reply.get("return")?.as_integer()) == Some(token)
    }
}

impl Until {
    /// Whether replies that must come are still to come.
    pub fn is_owed(&self, received: &[Received]) -> bool {
        matches!(self, Until::Replies(due) if due.is_owed_more(replies(received), newest_reply(received)))
    }

    /// How near the wait is to its end, after `received`.
    pub fn reached(&self, received: &[Received]) -> Reached {
        let reached = match self {
            Until::Replies(due) => {
                return due.reached(replies(received), newest_reply(received));
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
            Until::Message => messages(received).next().is_some(),
            Until::Synced | Until::Time | Until::Eof => false,
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

fn newest_reply(received: &[Received]) -> Option<&Message> {
    messages(received).filter(|message| message.is_reply()).last()
}

/// The replies among what was received.
pub(super) fn replies(received: &[Received]) -> usize {
    messages(received).filter(|message| message.is_reply()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_wire::LineEnd;

    #[test]
    fn a_reply_that_may_have_come_to_an_earlier_write_is_none_too_many() {
        let mut due = Due::one();
        due.also(2, 1);
        assert!([3, 4].into_iter().all(|replies| due.is_met_by(replies)));
        assert!(![2, 5].into_iter().any(|replies| due.is_met_by(replies)));
    }

    #[test]
    fn errors_that_nobody_counts_before_the_answer_to_a_sync_are_on_the_way_to_it() {
        let message = |text: &str| Message::new(text.as_bytes().to_vec(), LineEnd::Lf, 64);
        let error = message(r#"{"error": {"class": "GenericError", "desc": ""}}"#);
        let mut due = Due { last: Some(Last::Token(7)), ..Due::one() };
        assert!(!due.is_owed_more(1, Some(&error)));
        due.leaves_errors_open(false);
        assert!(due.is_owed_more(3, Some(&error)));
        assert!(!due.is_owed_more(3, Some(&message(r#"{"return": 7}"#))));
    }

    #[test]
    fn an_error_of_earlier_text_is_not_what_a_command_is_answered_with() {
        let error =
            Message::new(br#"{"error": {"class": "GenericError", "desc": ""}}"#.to_vec(), LineEnd::Lf, 64);
        let received = [Received { at_us: 0, frame: Frame::Message(error) }];
        let reached = |behind_errors, received: &[Received]| {
            let mut due = Due { last: Some(Last::Id(Some(Value::int(7)))), ..Due::one() };
            due.leaves_errors_open(behind_errors);
            Until::Replies(due).reached(received)
        };
        assert_eq!(reached(true, &received), Reached::Nearly);
        assert_eq!(reached(false, &received), Reached::Doubtful);
        assert_eq!(reached(true, &[]), Reached::No);
    }
}
