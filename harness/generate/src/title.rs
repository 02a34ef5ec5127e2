//! One line for people about what a case does: `blockdev-add: driver = "x" (no value of the enumeration)`.

use crate::build::Form;
use crate::plan::Draft;
use crate::site::Step;
use qmprobe_wire::Value;
use std::fmt::Write;

/// Characters of a value that are shown.
const SHOWN_MAX: usize = 48;

pub(crate) fn title(command: &str, draft: &Draft<'_>) -> String {
    let mut text = format!("{command}: ");
    let place = place(&draft.steps);
    let named = if place.is_empty() { "arguments" } else { &place };
    let mut tags: Vec<String> = (0..draft.steps.len()).filter_map(|at| tag(&draft.steps, at)).collect();
    let is_branch = matches!(draft.steps.last(), Some(Step::Branch { .. }));
    // Writing to a String cannot fail.
    let _ = match &draft.form {
        Form::Absent => write!(text, "no arguments"),
        Form::Smallest if is_branch => write!(text, "{}", tags.pop().unwrap_or_default()),
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
    if !tags.is_empty() {
        let _ = write!(text, " with {}", tags.join(", "));
    }
    if let Some(violation) = draft.violation {
        let _ = write!(text, " ({})", violation.title);
    }
    if draft.full {
        text.push_str(", everything else given");
    }
    text
}

/// The tag and its value, if that step goes into a branch.
fn tag(steps: &[Step<'_>], at: usize) -> Option<String> {
    let Step::Branch { tag, value } = steps.get(at)? else { return None };
    Some(format!("{} = {value}", member(&place(&steps[..at]), tag)))
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
