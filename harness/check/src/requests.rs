//! Reads a request back from the bytes that were sent, for rules that compare an answer with its arguments.

use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::{Payload, Value};

/// The argument `name` of the last whole command in `sent`.
pub fn argument(sent: &Payload, name: &str) -> Option<Value> {
    let mut outcomes = Vec::new();
    Automaton::new(Model::V3_1).feed_payload(sent, &mut outcomes);
    let command = outcomes.into_iter().rev().find_map(|outcome| match outcome {
        Outcome::Value { value, .. } => Some(value),
        Outcome::Error { .. } => None,
    })?;
    command.get("arguments")?.get(name).cloned()
}
