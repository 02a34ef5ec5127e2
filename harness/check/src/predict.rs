//! From the bytes that were sent to the replies that a conforming peer may give.

use qmprobe_schema::Schema;
use qmprobe_wire::automaton::Outcome;
use qmprobe_wire::{SessionState, Value, Version};

/// A set of acceptable kinds of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted(pub u8);

impl Accepted {
    /// A `return`.
    pub const RETURN: Accepted = Accepted(1);
    /// An error of class GenericError.
    pub const GENERIC: Accepted = Accepted(2);
    /// An error of class CommandNotFound.
    pub const NOT_FOUND: Accepted = Accepted(4);
    /// An error of one of the three device classes.
    pub const DEVICE: Accepted = Accepted(8);
    /// No reply at all.
    pub const NOTHING: Accepted = Accepted(16);

    /// Whether `other` is within the set.
    pub const fn has(self, other: Accepted) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    pub const fn or(self, other: Accepted) -> Accepted {
        Accepted(self.0 | other.0)
    }
}

/// What must answer one outcome of the input.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The acceptable kinds of answer.
    pub accepted: Accepted,
    /// The id that the answer must carry; `None` is no `id` member.
    pub id: Option<Value>,
    /// The slug of the rule at whose door a deviation in kind or class is laid.
    pub rule: &'static str,
    /// The command that the input names, if it names one.
    pub command: Option<String>,
    /// Why, in words: `'id' is a mandatory argument of device_del`.
    pub because: String,
    /// The path into the schema that decides, or empty.
    pub schema_path: String,
    /// The session state after a conforming peer has answered.
    pub next: SessionState,
}

/// What a conforming peer must answer to one outcome of its input, in the given state.
pub fn predict(schema: &Schema, version: Option<Version>, state: SessionState, outcome: &Outcome) -> Expectation {
    let _ = (schema, version, outcome);
    Expectation {
        accepted: Accepted::RETURN,
        id: None,
        rule: "",
        command: None,
        because: String::new(),
        schema_path: String::new(),
        next: state,
    }
}
