//! Makes a failing case smaller, one change at a time. Knows no peers: whoever drives it runs each candidate
//! and reports whether it still fails.

use qmprobe_wire::{Case, Number, Step, Value, parse::parse};

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

/// One change towards a smaller case.
enum Change {
    DropStep(usize),
    Rewrite { step: usize, bytes: Vec<u8> },
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
        let mut changes = changes(&self.best);
        if self.at >= changes.len() && self.gained {
            self.at = 0;
            self.gained = false;
        }
        if self.at >= changes.len() {
            return None;
        }
        let mut case = self.best.clone();
        match changes.swap_remove(self.at) {
            Change::DropStep(step) => drop(case.steps.remove(step)),
            Change::Rewrite { step, bytes } => case.steps[step] = Step::Send(bytes),
        }
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

fn changes(case: &Case) -> Vec<Change> {
    let last = case.steps.len().saturating_sub(1);
    let mut changes: Vec<Change> = (0..last).map(Change::DropStep).collect();
    for (step, bytes) in case.steps.iter().enumerate().filter_map(|(at, step)| match step {
        Step::Send(bytes) => Some((at, bytes)),
        _ => None,
    }) {
        let parsed = parse(bytes, NESTING_MAX);
        // A text that deviates from JSON is likely to fail because of it, and a rewrite would mend it.
        let (Some(Value::Object(members)), true) = (parsed.value, parsed.deviations.is_empty()) else {
            continue;
        };
        let request = Value::Object(members);
        changes.extend(
            smaller_requests(&request)
                .into_iter()
                .map(|smaller| Change::Rewrite { step, bytes: smaller.encode() }),
        );
    }
    changes
}

/// Requests that differ from `request` by one step towards the smallest: `execute` stays as it is.
fn smaller_requests(request: &Value) -> Vec<Value> {
    let Some(members) = request.as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (at, (name, value)) in members.iter().enumerate() {
        if name != "execute" && name != "exec-oob" {
            found.push(without_member(members, at));
        }
        if name == "arguments" {
            found.extend(smaller(value).into_iter().map(|smaller| with_member(members, at, smaller)));
        }
    }
    found
}

/// Values one step smaller than `value`, the largest steps first.
fn smaller(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Bool(true) => vec![Value::Bool(false)],
        Value::Bool(false) => Vec::new(),
        Value::Number(number) => smaller_numbers(*number).into_iter().map(Value::Number).collect(),
        Value::String(text) => smaller_strings(text).into_iter().map(Value::String).collect(),
        Value::Array(elements) => {
            let dropped = (0..elements.len()).map(|at| {
                let kept = elements.iter().enumerate().filter(|(other, _)| *other != at);
                Value::Array(kept.map(|(_, element)| element.clone()).collect())
            });
            let mut found: Vec<Value> = dropped.collect();
            for (at, element) in elements.iter().enumerate() {
                for smaller in smaller(element) {
                    let mut elements = elements.clone();
                    elements[at] = smaller;
                    found.push(Value::Array(elements));
                }
            }
            found
        }
        Value::Object(members) => {
            let mut found: Vec<Value> = (0..members.len()).map(|at| without_member(members, at)).collect();
            for (at, (_, value)) in members.iter().enumerate() {
                found.extend(smaller(value).into_iter().map(|smaller| with_member(members, at, smaller)));
            }
            found
        }
    }
}

fn without_member(members: &[(String, Value)], at: usize) -> Value {
    let kept = members.iter().enumerate().filter(|(other, _)| *other != at);
    Value::Object(kept.map(|(_, member)| member.clone()).collect())
}

fn with_member(members: &[(String, Value)], at: usize, value: Value) -> Value {
    let mut members = members.to_vec();
    members[at].1 = value;
    Value::Object(members)
}

/// Nearer to 0 and of the same kind: a double stays one, since that may be what fails.
fn smaller_numbers(number: Number) -> Vec<Number> {
    match number {
        Number::Int(0) => Vec::new(),
        Number::Int(1 | -1) => vec![Number::Int(0)],
        Number::Int(int) => vec![Number::Int(0), Number::Int(int / 2)],
        Number::Uint(uint) => vec![Number::Int(0), Number::Int((uint / 2) as i64)],
        Number::Double(0.0) => Vec::new(),
        Number::Double(1.0) => vec![Number::Double(0.0)],
        Number::Double(_) => vec![Number::Double(0.0), Number::Double(1.0)],
    }
}

fn smaller_strings(text: &str) -> Vec<String> {
    let count = text.chars().count();
    let mut found = Vec::new();
    if count > 0 {
        found.push(String::new());
    }
    if count > 1 {
        found.push(text.chars().take(count / 2).collect());
        found.push(text.chars().skip(count / 2).collect());
    }
    found
}
