//! Makes a failing case smaller, one change at a time. Knows no peers: whoever drives it runs each candidate
//! and reports whether it still fails.

mod stream;

use crate::stream::AIM as STREAM;
use qmprobe_wire::{Case, Number, Start, Step, Value, parse::parse};

/// Candidates of one case before the best so far has to do.
pub const TRIES_MAX: u32 = 400;
/// Levels of nesting up to which a request is taken apart.
const NESTING_MAX: usize = 64;

/// The search for a smaller case: ask [`Shrinker::next`], run it, tell [`Shrinker::report`], and again.
#[derive(Debug)]
pub struct Shrinker {
    best: Case,
    candidate: Option<Case>,
    /// The position of the next change among those that the best case allows.
    at: usize,
    /// Something was gained since the position was last 0.
    gained: bool,
    tries: u32,
}

impl Shrinker {
    /// Starts from a case that fails.
    pub fn new(case: Case) -> Shrinker {
        Shrinker { best: case, candidate: None, at: 0, gained: false, tries: 0 }
    }

    /// A smaller case to try; `None` when nothing smaller is left or [`TRIES_MAX`] were made.
    /// Asked twice without a report in between, it takes the first for one that no longer fails.
    #[expect(clippy::should_implement_trait, reason = "an iterator would hide that each item wants a report")]
    pub fn next(&mut self) -> Option<Case> {
        if self.candidate.is_some() {
            self.report(false);
        }
        if self.tries >= TRIES_MAX {
            return None;
        }
        let mut change = changed(&self.best, self.at);
        if change.is_none() && self.gained {
            self.at = 0;
            self.gained = false;
            change = changed(&self.best, 0);
        }
        let case = change?;
        self.tries += 1;
        self.candidate = Some(case.clone());
        Some(case)
    }

    /// Says whether the case that [`Shrinker::next`] gave last still fails.
    pub fn report(&mut self, still_fails: bool) {
        let Some(candidate) = self.candidate.take() else { return };
        if still_fails {
            // The change is gone from the list, so the position already names the one behind it.
            self.best = candidate;
            self.gained = true;
        } else {
            self.at += 1;
        }
    }

    /// The smallest case known to fail.
    pub fn best(&self) -> &Case {
        &self.best
    }
}

/// The case after the change number `at` of those that it allows: whole steps first, then parts of requests.
fn changed(case: &Case, mut at: usize) -> Option<Case> {
    if case.aim.as_deref() == Some(STREAM) {
        return stream::changed(case, at);
    }
    if matches!(case.steps.last(), Some(Step::Repeat(_))) {
        // How often it takes to tell is decided where it is judged. Of what went on before nothing is.
        return None;
    }
    let last = case.steps.len().saturating_sub(1);
    // What ends a case may be there for the sake of another rule.
    if last > 0 && due(&mut at) {
        let mut smaller = case.clone();
        smaller.steps.truncate(last);
        return Some(smaller);
    }
    for size in sizes(last) {
        let windows = last.div_ceil(size);
        if at < windows {
            let window = at * size..last.min((at + 1) * size);
            let mut smaller = case.clone();
            smaller.steps.drain(window);
            return Some(smaller);
        }
        at -= windows;
    }
    if let Some(smaller) = in_command_mode(case).filter(|_| due(&mut at)) {
        return Some(smaller);
    }
    for (nth, step) in case.steps.iter().enumerate() {
        let Step::Send(bytes) = step else { continue };
        if let Some(fewer) = fewer_lines(bytes, &mut at) {
            let mut smaller = case.clone();
            smaller.steps[nth] = Step::Send(fewer);
            return Some(smaller);
        }
        let parsed = parse(bytes, NESTING_MAX);
        // A text that deviates from JSON is likely to fail because of it, and a rewrite would mend it.
        let (Some(Value::Object(members)), []) = (parsed.value, parsed.deviations.as_slice()) else {
            continue;
        };
        if let Some(request) = smaller_request(&members, &mut at) {
            let mut smaller = case.clone();
            smaller.steps[nth] = Step::Send(request.encode());
            return Some(smaller);
        }
    }
    None
}

/// The case without the negotiation that it begins with, in an ordinary session: what it enables may not matter.
fn in_command_mode(case: &Case) -> Option<Case> {
    let (Start::Greeting, [Step::Send(first), rest @ ..]) = (case.start, case.steps.as_slice()) else {
        return None;
    };
    let value = parse(first, NESTING_MAX).value?;
    let negotiates = value.get("execute")?.as_str()? == "qmp_capabilities" && !rest.is_empty();
    negotiates.then(|| Case { start: Start::Command, steps: rest.to_vec(), ..case.clone() })
}

/// The lines of a write without some of them, most first; `None` with `at` lessened by the number of such changes.
fn fewer_lines(bytes: &[u8], at: &mut usize) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.len() < 2 {
        return None;
    }
    for size in sizes(lines.len()).skip(1) {
        let windows = lines.len().div_ceil(size);
        if *at < windows {
            let window = *at * size..lines.len().min((*at + 1) * size);
            return Some([lines[..window.start].concat(), lines[window.end..].concat()].concat());
        }
        *at -= windows;
    }
    None
}

/// How many steps are taken out at once, most first: all but the last step, then halves down to one, as in
/// delta debugging (Zeller and Hildebrandt, 2002).
fn sizes(steps: usize) -> impl Iterator<Item = usize> {
    std::iter::successors((steps > 0).then_some(steps), |size| (*size > 1).then(|| size.div_ceil(2)))
}

/// The request after its change number `at`, or `None` with `at` lessened by the number of its changes.
/// What it executes stays as it is.
fn smaller_request(members: &[(String, Value)], at: &mut usize) -> Option<Value> {
    for (nth, (name, _)) in members.iter().enumerate() {
        if name != "execute" && name != "exec-oob" && due(at) {
            return Some(without_member(members, nth));
        }
    }
    let nth = members.iter().position(|(name, _)| name == "arguments")?;
    Some(with_member(members, nth, smaller(&members[nth].1, at)?))
}

/// Whether it is this change's turn; counts it if not.
fn due(at: &mut usize) -> bool {
    let due = *at == 0;
    *at = at.saturating_sub(1);
    due
}

/// The value after its change number `at`, or `None` with `at` lessened by the number of its changes.
/// Changes of the whole come before changes within. Recursion is bounded by [`NESTING_MAX`].
fn smaller(value: &Value, at: &mut usize) -> Option<Value> {
    match value {
        Value::Null | Value::Bool(false) => None,
        Value::Bool(true) => due(at).then_some(Value::Bool(false)),
        Value::Number(number) => smaller_numbers(*number).find(|_| due(at)).map(Value::Number),
        Value::String(text) => smaller_string(text, at).map(Value::String),
        Value::Array(elements) => smaller_array(elements, at).map(Value::Array),
        Value::Object(members) => {
            if let Some(nth) = (0..members.len()).find(|_| due(at)) {
                return Some(without_member(members, nth));
            }
            let mut inner = members.iter().enumerate();
            inner.find_map(|(nth, (_, value))| Some(with_member(members, nth, smaller(value, at)?)))
        }
    }
}

fn smaller_array(elements: &[Value], at: &mut usize) -> Option<Vec<Value>> {
    let (front, back) = elements.split_at(elements.len() / 2);
    // Halves first, or a long array would use up all tries.
    if elements.len() > 3 {
        if due(at) {
            return Some(front.to_vec());
        }
        if due(at) {
            return Some(back.to_vec());
        }
    }
    if let Some(nth) = (0..elements.len()).find(|_| due(at)) {
        return Some([&elements[..nth], &elements[nth + 1..]].concat());
    }
    elements.iter().enumerate().find_map(|(nth, element)| {
        let element = smaller(element, at)?;
        let mut elements = elements.to_vec();
        elements[nth] = element;
        Some(elements)
    })
}

fn without_member(members: &[(String, Value)], nth: usize) -> Value {
    Value::Object([&members[..nth], &members[nth + 1..]].concat())
}

fn with_member(members: &[(String, Value)], nth: usize, value: Value) -> Value {
    let mut members = members.to_vec();
    members[nth].1 = value;
    Value::Object(members)
}

/// Nearer to 0 and of the same kind: a double stays one, since that may be what fails.
fn smaller_numbers(number: Number) -> impl Iterator<Item = Number> {
    let (zero, nearer) = match number {
        Number::Int(int) => (Number::Int(0), Number::Int(int / 2)),
        Number::Uint(uint) => (Number::Int(0), Number::Int(i64::try_from(uint / 2).unwrap_or(i64::MAX))),
        Number::Double(_) => (Number::Double(0.0), Number::Double(1.0)),
    };
    [zero, nearer].into_iter().filter(move |smaller| smaller.as_f64().abs() < number.as_f64().abs())
}

fn smaller_string(text: &str, at: &mut usize) -> Option<String> {
    let middle = text.char_indices().nth(text.chars().count() / 2).map_or(0, |(middle, _)| middle);
    let mut candidates = ["", &text[..middle], &text[middle..]].into_iter();
    candidates.find(|smaller| smaller.len() < text.len() && due(at)).map(str::to_owned)
}
