//! One line for people about what a case does: `blockdev-add: driver = "x" (no value of the enumeration)`.

use crate::build::Form;
use crate::plan::Draft;
use crate::site::Step;
use qmprobe_wire::Value;
use std::fmt::Write;

/// Characters of a value that are shown.
const SHOWN_MAX: usize = 48;

pub(crate) fn title(command: &str, draft: &Draft<'_>) -> String {
    let mut text = String::with_capacity(64);
    text.push_str(command);
    text.push_str(": ");
    let place = place(&draft.steps);
    let named = if place.is_empty() { "arguments" } else { &place };
    // Writing to a String cannot fail.
    let _ = match &draft.form {
        Form::Absent => write!(text, "no arguments"),
        Form::Smallest if place.is_empty() => write!(text, "the smallest arguments"),
        Form::Smallest => write!(text, "{named} given"),
        Form::Exactly(value) => write!(text, "{named} = {}", shown(value)),
        Form::Token(token) => write!(text, "{named} = {token}"),
        Form::Repeat(count) => write!(text, "{named} of {count} elements"),
        Form::All => write!(text, "all members of {named}"),
        Form::AllBut(name) => write!(text, "all members of {named} but {name}"),
        Form::Without(name) => write!(text, "no {}", member(&place, name)),
        Form::With(name, value) => write!(text, "{} = {}", member(&place, name), shown(value)),
    };
    let mut before = " with";
    for (at, step) in draft.steps.iter().enumerate() {
        if let Step::Branch { tag, value } = step {
            let tag = member(&self::place(&draft.steps[..at]), tag);
            let _ = write!(text, "{before} {tag} = {value}");
            before = ",";
        }
    }
    if let Some(violation) = draft.violation {
        let _ = write!(text, " ({})", violation.title);
    }
    if draft.full {
        text.push_str(", everything else given");
    }
    text
}

fn place(steps: &[Step<'_>]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Member(name) => text = member(&text, name),
            Step::Element => text.push_str("[0]"),
            Step::Branch { .. } | Step::Choice(_) => {}
        }
    }
    text
}

fn member(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// The value's JSON text, which is ASCII, shortened in the middle.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match (text.get(..SHOWN_MAX / 2), text.get(text.len().saturating_sub(SHOWN_MAX / 4)..)) {
        (Some(head), Some(tail)) if text.len() > SHOWN_MAX => {
            format!("{head}…{tail} ({} bytes)", text.len())
        }
        _ => text,
    }
}
