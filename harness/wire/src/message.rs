//! One message from a peer: its exact bytes, its line end, and what it is by its members.

use crate::parse::Parsed;
use crate::value::Value;

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

/// One complete JSON text from a peer.
#[derive(Clone, Debug)]
pub struct Message {
    /// The exact bytes, from the first bracket to the last.
    pub bytes: Vec<u8>,
    /// What followed.
    pub line_end: LineEnd,
    /// The value, and everything about its text that strict JSON in ASCII does not allow.
    pub parsed: Parsed,
    /// Greeting, reply, event or neither.
    pub kind: MessageKind,
}

impl Message {
    /// Reads a message from its bytes. Never fails: what is wrong with them is in `parsed`.
    pub fn new(bytes: Vec<u8>, line_end: LineEnd, nesting_max: usize) -> Message {
        let parsed = crate::parse::parse(&bytes, nesting_max);
        let kind = kind_of(parsed.value.as_ref());
        Message { bytes, line_end, parsed, kind }
    }

    /// The member `name` of the message.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.parsed.value.as_ref()?.get(name)
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
            MessageKind::Other => self.get("event").is_none() && self.get("QMP").is_none(),
        }
    }
}

fn kind_of(value: Option<&Value>) -> MessageKind {
    let Some(value) = value else { return MessageKind::Other };
    let marks = [
        ("QMP", MessageKind::Greeting),
        ("return", MessageKind::Return),
        ("error", MessageKind::Error),
        ("event", MessageKind::Event),
    ];
    let mut found = marks.iter().filter(|(name, _)| value.get(name).is_some());
    match (found.next(), found.next()) {
        (Some((_, kind)), None) => *kind,
        _ => MessageKind::Other,
    }
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
