//! The last two of several pipelined commands are answered the wrong way round.

use crate::bug::{Bug, Hooks};
use qmprobe_wire::automaton::Outcome;
use qmprobe_wire::{Dialect, Value};

pub(in crate::bugs) static BUG: Bug = Bug {
    name: "replies-reordered",
    rule: "reply-order",
    summary: "the last two of several pipelined commands are answered the wrong way round",
    dialect: Dialect::Qmp,
    hooks: Hooks {
        queue: |queue| {
            let numbered = |outcome: &Outcome| matches!(outcome, Outcome::Value { value, .. } if value.get("id").and_then(Value::as_integer).is_some());
            let last = queue.len().saturating_sub(1);
            if last >= 2 && queue.iter().rev().take(2).all(numbered) {
                queue.swap(last - 1, last);
            }
        },
        ..Hooks::NONE
    },
};
