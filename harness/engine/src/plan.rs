//! What is run, and in which order: the session cases, then every command's, those that end a peer last.
//! What a peer must not be sent is left out here, and nowhere else.

use crate::safety::{Gate, ends_the_peer};
use qmprobe_generate::{Plan, session, violation};
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::{Case, Dialect, Step};
use std::collections::BTreeMap;

/// The cases of one run.
#[derive(Debug)]
pub(crate) struct Agenda<'s> {
    session: Vec<Case>,
    plan: Plan<'s>,
    /// The commands to exercise, in order.
    commands: Vec<&'s str>,
    focus: Focus,
    skipped: BTreeMap<String, String>,
    /// Only what stands on lines of its own is sent.
    by_line: bool,
}

/// Which cases the rules of interest need.
#[derive(Debug)]
enum Focus {
    /// Every case: no rules were named, or one of them shows itself in any case.
    Everything,
    /// Those made for one of these rules.
    Aims(Vec<String>),
}

impl Focus {
    fn wants(&self, case: &Case) -> bool {
        match self {
            Focus::Everything => true,
            Focus::Aims(rules) => case.aim.as_ref().is_some_and(|aim| rules.contains(aim)),
        }
    }
}

impl<'s> Agenda<'s> {
    /// Decides what is run. `rules` are slugs; none is all. `absent` are commands that the peer does not offer.
    pub fn new(
        schema: &'s Schema,
        dialect: Dialect,
        seed: u64,
        gate: Gate,
        rules: &[String],
        absent: &[String],
    ) -> Agenda<'s> {
        let plan = Plan::new(schema, dialect, seed);
        let mut session = session::cases(schema, dialect, seed, absent);
        let focus = focus(&session, rules);
        let refusal = |case: &Case| case.command.as_deref().and_then(|command| gate.refusal(command));
        session.retain(|case| focus.wants(case) && refusal(case).is_none());
        let mut skipped = BTreeMap::new();
        let mut commands = Vec::with_capacity(schema.commands.len());
        for command in &schema.commands {
            let unmakeable = || {
                let known = plan.unmakeable().contains(&command.name.as_str());
                known.then(|| "no finite arguments conform".to_owned())
            };
            match gate.refusal(&command.name).or_else(unmakeable) {
                Some(why) => drop(skipped.insert(command.name.clone(), why)),
                None => commands.push(command.name.as_str()),
            }
        }
        commands.sort_by_key(|command| ends_the_peer(command));
        Agenda { session, plan, commands, focus, skipped, by_line: false }
    }

    /// Leaves out the cases that a peer which reads line by line cannot be held to.
    pub fn keep_to_lines(&mut self) {
        self.session.retain(stands_on_lines);
        self.by_line = true;
    }

    /// The cases, made one by one.
    pub fn cases(&self) -> impl Iterator<Item = Case> + '_ {
        let of_commands = self.commands.iter().flat_map(|command| self.plan.command_cases(command));
        let of_commands = of_commands.filter(|case| !self.by_line || stands_on_lines(case));
        self.session.iter().cloned().chain(of_commands.filter(|case| self.focus.wants(case)))
    }

    /// How many cases there are.
    pub fn planned(&self) -> u64 {
        self.cases().count() as u64
    }

    /// The commands left out, with the reason.
    pub fn skipped(&self) -> &BTreeMap<String, String> {
        &self.skipped
    }
}

/// Whether each line that the case sends is one command, or malformed by itself, and leaves nothing open.
fn stands_on_lines(case: &Case) -> bool {
    case.steps.iter().all(|step| match step {
        Step::Send(bytes) | Step::Push(bytes) => {
            bytes.split_inclusive(|byte| *byte == b'\n').all(is_whole_line)
        }
        Step::Settle(_) | Step::Reconnect | Step::HalfClose => true,
    })
}

fn is_whole_line(line: &[u8]) -> bool {
    let mut automaton = Automaton::new(Model::V3_1);
    let mut outcomes = Vec::new();
    automaton.feed(line, &mut outcomes);
    let errors = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Error { .. })).count();
    let one_thing = outcomes.len() <= 1 || errors == outcomes.len();
    line.ends_with(b"\n") && one_thing && !automaton.pending()
}

/// Cases made for the rules suffice when there are some for each; a rule without may show itself anywhere.
fn focus(session: &[Case], rules: &[String]) -> Focus {
    let aimed = |rule: &String| {
        session.iter().any(|case| case.aim.as_ref() == Some(rule))
            || violation::ALL.iter().any(|violation| violation.rule == rule)
    };
    if rules.is_empty() || !rules.iter().all(aimed) { Focus::Everything } else { Focus::Aims(rules.to_vec()) }
}
