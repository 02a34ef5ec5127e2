//! Between a scenario and a case: what a finding's case looks like as text, and the case that a scenario's
//! transcript names.

use crate::model::{Action, Header, Line, Scenario, Session};
use crate::pattern::Pattern;
use qmprobe_wire::recovery::Recovery;
use qmprobe_wire::{Case, CaseId, Dialect, Payload, Start, Step};

/// Milliseconds that a case waits for the end of a half-closed connection.
const CLOSING_MS: u64 = 200;

/// Bytes of an answer to a sync. Only the request is of interest here.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// What must come back to one step.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// This.
    Value(Pattern),
    /// Something or nothing: it is for the rules to judge.
    Open,
}

/// The scenario that does what a case does. `answers` says, for the number of a step and the bytes it sends,
/// what a conforming peer answers.
pub fn from_case(
    case: &Case,
    dialect: Dialect,
    rule: &str,
    about: Vec<String>,
    mut answers: impl FnMut(usize, &[u8]) -> Vec<Answer>,
) -> Scenario {
    let session = if case.start == Start::Command { Session::Negotiated } else { Session::Fresh };
    let header = Header { about, rules: vec![rule.to_owned()], dialect, session, ..Header::default() };
    let mut actions = Vec::new();
    if case.start != Start::Command && dialect == Dialect::Qmp {
        actions.push(greeting());
    }
    for (number, step) in case.steps.iter().enumerate() {
        match step {
            Step::Send(bytes) | Step::Push(bytes) => {
                actions.push(sent(bytes));
                if matches!(case.steps.get(number + 1), Some(Step::Leave(_) | Step::Abandon(_))) {
                    continue;
                }
                actions.extend(answers(number, bytes).into_iter().map(|answer| match answer {
                    Answer::Value(pattern) => Action::Receive { pattern, sentinel: false, overtakes: false },
                    Answer::Open => Action::Elide,
                }));
            }
            Step::Settle(ms) => actions.push(Action::Wait((*ms).min(crate::line::WAIT_MS_MAX))),
            Step::Reconnect => {
                actions.push(Action::Reconnect);
                actions.extend((dialect == Dialect::Qmp).then(greeting));
            }
            Step::Sync(sync) => {
                // What a fault does to an answer on its way is beyond the notation.
                let mut payload = sync.before.clone();
                payload.extend(&Recovery::new(dialect, ANSWER_BYTES_MAX).attempt(sync.token));
                let said = payload.as_plain().map(sent);
                actions.extend([said.unwrap_or(Action::SendBytes(payload)), Action::Elide]);
            }
            Step::Leave(ms) | Step::Abandon(ms) => {
                actions.extend([Action::Wait((*ms).max(1)), Action::Drop, Action::Reconnect]);
                actions.extend((dialect == Dialect::Qmp).then(greeting));
            }
            // Once, to be read.
            Step::Repeat(repeat) => {
                actions.push(sent(&repeat.bytes));
                actions.push(Action::Elide);
            }
            Step::HalfClose => actions.extend([Action::HalfClose, Action::Wait(CLOSING_MS)]),
        }
    }
    let lines = actions.into_iter().enumerate();
    let lines = lines.map(|(index, action)| Line { number: index + 1, client: None, action }).collect();
    Scenario { header, lines }
}

fn greeting() -> Action {
    let members = vec![("QMP".to_owned(), Pattern::Any)];
    let pattern = Pattern::Object { members, more: false };
    Action::Receive { pattern, sentinel: false, overtakes: false }
}

/// A line of text is sent as such, anything else byte by byte.
fn sent(bytes: &[u8]) -> Action {
    let line = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
    let plain = |line: &&str| {
        let printable = |c: char| !c.is_control();
        !line.is_empty() && line.trim() == *line && line.chars().all(printable)
    };
    match line.filter(plain) {
        Some(line) => Action::Send(line.replace('$', "$$")),
        None => Action::SendBytes(Payload::from(bytes)),
    }
}

impl Scenario {
    /// A case that sends what the first client sends, with names not filled in and each stretch said once: for
    /// whoever wants a record of what was done in a form that all cases share.
    pub fn as_case(&self, name: &str) -> Case {
        let steps =
            self.lines.iter().filter(|line| line.client.is_none()).filter_map(|line| match &line.action {
                Action::Send(text) => Some(Step::Send(format!("{text}\n").into_bytes())),
                Action::SendBytes(payload) => {
                    Some(Step::Send(payload.parts().flat_map(|(bytes, _)| bytes).copied().collect()))
                }
                Action::Wait(ms) | Action::Silence(ms) => Some(Step::Settle(*ms)),
                Action::HalfClose => Some(Step::HalfClose),
                Action::Reconnect => Some(Step::Reconnect),
                _ => None,
            });
        Case {
            id: CaseId { seed: 0, index: 0 },
            name: name.to_owned(),
            command: None,
            aim: self.header.rules.first().cloned(),
            start: if self.header.session == Session::Fresh { Start::Connected } else { Start::Command },
            steps: steps.collect(),
        }
    }
}
