//! One message from a peer: its exact bytes, its line end, and what it is by its members.

use crate::escape::escape;
use crate::parse::{Deviation, Parsed, parse};
use crate::tape::{Node, Tape};
use crate::value::Value;
use std::ops::Range;
use std::sync::OnceLock;

/// What followed a message's last byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnd {
    /// `\r\n`, as QMP sends.
    CrLf,
    /// `\n`, as QEMU's guest agent sends.
    Lf,
    /// No newline before the next message, or none within the grace time.
    Missing,
}

/// What a message is, told by its members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageKind {
    /// Has `QMP`.
    Greeting,
    /// Has `return`.
    Return,
    /// Has `error`.
    Error,
    /// Has `event`.
    Event,
    /// More than one of these members, or none, or not an object, or not JSON at all.
    Other,
}

/// One complete JSON text from a peer. Strict JSON is laid out flat, and made a tree of only where it is looked at
/// as one.
#[derive(Clone, Debug)]
pub struct Message {
    /// The exact bytes, from the first bracket to the last.
    pub bytes: Vec<u8>,
    /// What followed.
    pub line_end: LineEnd,
    /// Greeting, reply, event or neither.
    pub kind: MessageKind,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    /// An object in strict JSON in ASCII.
    Strict { tape: Tape, members: Box<[Member]>, whole: OnceLock<Option<Value>> },
    /// Anything.
    Read(Parsed),
}

/// A member of the message.
#[derive(Clone, Debug)]
struct Member {
    /// Where in the bytes its name stands.
    name: Range<usize>,
    /// Which of the outermost values it is, in entries of the tape.
    at: usize,
    value: OnceLock<Option<Value>>,
}

impl Message {
    /// Reads a message from its bytes. Never fails: see [`Message::deviations`] for what is wrong with them.
    pub fn new(bytes: Vec<u8>, line_end: LineEnd, nesting_max: usize) -> Message {
        let tape = Tape::read(&bytes, nesting_max);
        Message::on_tape(bytes, line_end, nesting_max, tape)
    }

    /// The same where the tape, if there is one, was written already.
    pub(crate) fn on_tape(
        bytes: Vec<u8>,
        line_end: LineEnd,
        nesting_max: usize,
        tape: Option<Tape>,
    ) -> Message {
        let body = match tape.filter(|_| bytes.first() == Some(&b'{')) {
            Some(tape) => Body::Strict { members: members(&tape, &bytes), tape, whole: OnceLock::new() },
            None => Body::Read(parse(&bytes, nesting_max)),
        };
        let mut message = Message { bytes, line_end, kind: MessageKind::Other, body };
        message.kind = kind_of(&message);
        message
    }

    /// This message, if it is one of the kind: to be asked before anything that makes a tree of it.
    pub fn of_kind(&self, kind: MessageKind) -> Option<&Message> {
        (self.kind == kind).then_some(self)
    }

    /// The value, repaired where it deviates; `None` when no value could be made of it.
    pub fn value(&self) -> Option<&Value> {
        match &self.body {
            Body::Strict { whole, .. } => whole.get_or_init(|| parse(&self.bytes, usize::MAX).value).as_ref(),
            Body::Read(parsed) => parsed.value.as_ref(),
        }
    }

    /// The same for keeps.
    pub fn into_value(self) -> Option<Value> {
        match self.body {
            Body::Strict { whole, .. } => {
                whole.into_inner().unwrap_or_else(|| parse(&self.bytes, usize::MAX).value)
            }
            Body::Read(parsed) => parsed.value,
        }
    }

    /// Whether a value could be made of it.
    pub fn is_legible(&self) -> bool {
        match &self.body {
            Body::Strict { .. } => true,
            Body::Read(parsed) => parsed.value.is_some(),
        }
    }

    /// Everything about its text that strict JSON in ASCII does not allow.
    pub fn deviations(&self) -> &[Deviation] {
        match &self.body {
            Body::Strict { .. } => &[],
            Body::Read(parsed) => &parsed.deviations,
        }
    }

    /// An offset, and the text around it in printable form, for a person who looks for the place.
    pub fn around(&self, offset: usize) -> String {
        const BEFORE: usize = 24;
        const SHOWN: usize = 60;
        let rest = &self.bytes[offset.saturating_sub(BEFORE).min(self.bytes.len())..];
        format!("at byte {offset}: …{}", escape(&rest[..rest.len().min(SHOWN)]))
    }

    /// The names of its members, in the order of the text.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let (strict, read) = match &self.body {
            Body::Strict { members, .. } => (&members[..], &[][..]),
            Body::Read(parsed) => {
                (&[][..], parsed.value.as_ref().and_then(Value::as_object).unwrap_or_default())
            }
        };
        let strict =
            strict.iter().map(|member| str::from_utf8(&self.bytes[member.name.clone()]).unwrap_or_default());
        strict.chain(read.iter().map(|(name, _)| name.as_str()))
    }

    /// Whether it has a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names().any(|one| one == name)
    }

    /// The member `name` of the message.
    pub fn get(&self, name: &str) -> Option<&Value> {
        match &self.body {
            Body::Strict { tape, .. } => {
                let member = self.member(name)?;
                member.value.get_or_init(|| tape.node(&self.bytes, member.at).value()).as_ref()
            }
            Body::Read(parsed) => parsed.value.as_ref()?.get(name),
        }
    }

    /// The member `name` where it stands, of strict JSON.
    pub fn node(&self, name: &str) -> Option<Node<'_>> {
        let Body::Strict { tape, .. } = &self.body else { return None };
        Some(tape.node(&self.bytes, self.member(name)?.at))
    }

    /// The exact text of the member `name`, of strict JSON.
    pub fn text(&self, name: &str) -> Option<&[u8]> {
        let start = self.node(name)?.start();
        let Body::Strict { members, .. } = &self.body else { return None };
        // It ends before the comma and the next name, or before the last brace.
        let next = members.iter().map(|member| member.name.start - 1).find(|next| *next > start);
        let end = next.unwrap_or(self.bytes.len());
        Some(self.bytes[start..end].trim_ascii_end().split_last()?.1.trim_ascii_end())
    }

    fn member(&self, name: &str) -> Option<&Member> {
        let Body::Strict { members, .. } = &self.body else { return None };
        members.iter().find(|member| self.bytes[member.name.clone()] == *name.as_bytes())
    }

    /// The `class` of an error reply.
    pub fn error_class(&self) -> Option<&str> {
        self.get("error")?.get("class")?.as_str()
    }

    /// Whether a client would take this for the answer to a command.
    /// A broken message that still carries `return` or `error` is one, so that it is judged as such.
    pub fn is_reply(&self) -> bool {
        match self.kind {
            MessageKind::Return | MessageKind::Error => true,
            MessageKind::Greeting | MessageKind::Event => false,
            MessageKind::Other => !self.has("event") && !self.has("QMP"),
        }
    }
}

fn members(tape: &Tape, bytes: &[u8]) -> Box<[Member]> {
    let members = tape.root(bytes).members();
    members.map(|(name, value)| Member { name, at: value.index(), value: OnceLock::new() }).collect()
}

fn kind_of(message: &Message) -> MessageKind {
    let mark = |name| match name {
        "QMP" => Some(MessageKind::Greeting),
        "return" => Some(MessageKind::Return),
        "error" => Some(MessageKind::Error),
        "event" => Some(MessageKind::Event),
        _ => None,
    };
    let mut found = message.names().filter_map(mark);
    let Some(kind) = found.next() else { return MessageKind::Other };
    // One that is repeated is one all the same.
    if found.all(|other| other == kind) { kind } else { MessageKind::Other }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> Message {
        Message::new(text.as_bytes().to_vec(), LineEnd::CrLf, 64)
    }

    #[test]
    fn a_message_is_what_its_one_mark_says() {
        let kinds = [
            (r#"{"QMP": {}}"#, MessageKind::Greeting),
            (r#"{"return": {}, "id": 1}"#, MessageKind::Return),
            (r#"{"id": 1, "error": {}}"#, MessageKind::Error),
            (r#"{"timestamp": {}, "event": "STOP"}"#, MessageKind::Event),
            (r#"{"return": {}, "error": {}}"#, MessageKind::Other),
            (r#"{"id": 1}"#, MessageKind::Other),
            ("[1]", MessageKind::Other),
            ("{]", MessageKind::Other),
        ];
        for (text, kind) in kinds {
            assert_eq!(message(text).kind, kind, "{text}");
        }
    }

    #[test]
    fn whatever_could_answer_a_command_is_a_reply() {
        for text in [r#"{"return": 1}"#, r#"{"error": 1}"#, r#"{"return": 1, "error": 2}"#, "[1]", "{]"] {
            assert!(message(text).is_reply(), "{text}");
        }
        for text in [r#"{"QMP": 1}"#, r#"{"event": "STOP"}"#, r#"{"event": "STOP", "return": 1}"#] {
            assert!(!message(text).is_reply(), "{text}");
        }
    }

    #[test]
    fn the_class_of_an_error_is_found_where_there_is_one() {
        let text = r#"{"error": {"class": "GenericError", "desc": "x"}}"#;
        assert_eq!(message(text).error_class(), Some("GenericError"));
        assert_eq!(message(r#"{"error": {"class": 1}}"#).error_class(), None);
        assert_eq!(message(r#"{"return": {"class": "GenericError"}}"#).error_class(), None);
    }
}
