//! A first look around: commands that only look are asked about everything that is known to exist, until there
//! is nothing new to ask.

use crate::safety::{Class, Gate, class_of};
use qmprobe_generate::state::{Names, Request};
use qmprobe_schema::{Builtin, Command, Schema, TypeKind};
use qmprobe_wire::Value;
use std::collections::{HashSet, VecDeque};

/// Times that everything is gone through.
const PASSES_MAX: u32 = 4;
/// Names that one command is asked about in a pass.
const ASKED_MAX: usize = 800;
/// Refusals in a row after which a command is asked no more.
const REFUSALS_MAX: u32 = 60;
/// Questions in all.
pub(super) const QUESTIONS_MAX: usize = 6_000;

/// What has been asked, and what is still to be.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Questions that may be asked.
    max: usize,
    asked: HashSet<(String, String)>,
    queue: VecDeque<Request>,
    passes: u32,
    over: bool,
    /// The command that was asked last, and how often it refused since it last did not.
    refusals: (String, u32),
}

impl Survey {
    /// One of so many questions at most.
    pub fn of(max: usize) -> Survey {
        Survey { max: max.min(QUESTIONS_MAX), ..Survey::default() }
    }

    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether there is a question that does not depend on what comes of the others.
    pub fn has_more(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next question; `None` when there is none left, and the survey is over.
    pub fn next(&mut self, schema: &Schema, gate: Gate, names: &mut Names) -> Option<Request> {
        loop {
            if let Some(request) = self.queue.pop_front() {
                if self.refusals.0 == request.command && self.refusals.1 >= REFUSALS_MAX {
                    continue;
                }
                return Some(request);
            }
            if self.passes < PASSES_MAX && self.asked.len() < self.max {
                self.passes += 1;
                self.fill(schema, gate, names);
            }
            if self.queue.is_empty() {
                if !self.over {
                    names.settle();
                }
                self.over = true;
                return None;
            }
        }
    }

    /// Whether the last question was answered.
    pub fn report(&mut self, command: &str, accepted: bool) {
        if self.refusals.0 != command {
            self.refusals = (command.to_owned(), 0);
        }
        self.refusals.1 = if accepted { 0 } else { self.refusals.1 + 1 };
    }

    fn fill(&mut self, schema: &Schema, gate: Gate, names: &Names) {
        for command in &schema.commands {
            if class_of(&command.name) != Class::Observing || gate.refusal(&command.name).is_some() {
                continue;
            }
            let Some(question) = question(schema, command) else { continue };
            let Some(member) = question else {
                self.ask(command, String::new(), None);
                continue;
            };
            for name in names.fitting(&command.name, member).into_iter().take(ASKED_MAX) {
                let arguments = Value::Object(vec![(member.to_owned(), Value::string(name))]);
                self.ask(command, name.to_owned(), Some(arguments));
            }
        }
    }

    fn ask(&mut self, command: &Command, about: String, arguments: Option<Value>) {
        if self.asked.len() < self.max && self.asked.insert((command.name.clone(), about)) {
            self.queue.push_back(Request { command: command.name.clone(), arguments });
        }
    }
}

/// What a command must be asked about: nothing, or the one member that is a name. `None` where it is more.
fn question<'s>(schema: &'s Schema, command: &'s Command) -> Option<Option<&'s str>> {
    let Some(arguments) = command.arguments.and_then(|ty| schema.object(ty)) else { return Some(None) };
    let mut mandatory = arguments.members.iter().filter(|member| !member.optional);
    match (mandatory.next(), mandatory.next()) {
        (None, _) => Some(None),
        (Some(one), None) => {
            let is_name = schema.ty(one.ty).kind == TypeKind::Builtin(Builtin::Str);
            is_name.then_some(Some(one.name.as_str()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::Walls;
    use qmprobe_schema::shipped;
    use qmprobe_wire::parse::parse;

    #[test]
    fn what_the_first_answers_name_is_asked_about_and_the_end_comes() {
        let schema = shipped("qemu-7.2").unwrap().unwrap();
        let gate = Gate { allow: Class::Observing, walls: Walls::None };
        let (mut names, mut survey) = (Names::new(&schema), Survey::of(QUESTIONS_MAX));
        let types = parse(br#"[{"name":"gadget","parent":"device"}]"#, 8).value.unwrap();
        let mut asked = Vec::new();
        while let Some(request) = survey.next(&schema, gate, &mut names) {
            let command = request.command.as_str();
            let accepted = command == "qom-list-types";
            if accepted {
                names.learn(command, request.arguments.as_ref(), &types);
            }
            survey.report(command, accepted);
            asked.push(request);
        }
        assert!(survey.is_over());
        let about = |name: &str, command: &str| {
            asked.iter().any(|request| {
                let typename = request.arguments.as_ref().and_then(|all| all.get("typename"));
                request.command == command && typename.and_then(Value::as_str) == Some(name)
            })
        };
        assert!(about("gadget", "device-list-properties") && about("gadget", "qom-list-properties"));
        assert!(asked.iter().all(|request| class_of(&request.command) == Class::Observing));
    }
}
