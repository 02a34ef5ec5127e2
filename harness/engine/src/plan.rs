//! What is run, and in which order: the session cases, some streams, then every command's cases, those that
//! end a peer last.
//! What a peer must not be sent is left out here, and nowhere else.

use crate::safety::{Class, Gate, ends_the_peer};
use qmprobe_generate::recovery::{self, Trial};
use qmprobe_generate::{Plan, Streams, session, stream, violation};
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::{Case, Dialect, Step};
use std::collections::BTreeMap;

/// Streams of a run that is about everything.
const STREAMS: u64 = 200;
/// Streams of a run that is about them alone, where nothing else says how many.
const STREAMS_ALONE: u64 = 4_000;
/// Bytes of a case that a stranger's agent is sent to get out of step and back.
const FOREIGN_TRIAL_BYTES_MAX: usize = 64 << 10;

/// Bytes of a case for a peer at the end of a serial line. Of more than 4095 at once (Linux `N_TTY_BUF_SIZE`)
/// qemu-ga leaves the last ones unanswered until more come: they wait in GLib's buffer, which its watch on the
/// channel does not look at.
const SERIAL_BYTES_MAX: usize = 2 << 10;

/// The cases of one run.
#[derive(Debug)]
pub(crate) struct Agenda<'s> {
    session: Vec<Case>,
    streams: Streams<'s>,
    streams_count: u64,
    trials: Vec<Trial>,
    /// What a stock peer may not outlive: run last.
    farewells: Vec<Case>,
    plan: Plan<'s>,
    /// The commands to exercise, in order.
    commands: Vec<&'s str>,
    focus: Focus,
    skipped: BTreeMap<String, String>,
    /// Only what stands on lines of its own is sent.
    by_line: bool,
    /// Only what suits a serial line is sent.
    serial: bool,
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
    /// Decides what is run. `rules` are slugs; none is all. `cases` is how many there may be, of a kind of
    /// which there are any number. `absent` are commands that the peer does not offer.
    pub fn new(
        schema: &'s Schema,
        dialect: Dialect,
        seed: u64,
        gate: Gate,
        rules: &[String],
        cases: Option<u64>,
        absent: &[String],
    ) -> Agenda<'s> {
        let plan = Plan::new(schema, dialect, seed);
        let mut session = session::cases(schema, dialect, seed, absent);
        let focus = focus(&session, rules, dialect);
        let refusal = |case: &Case| case.command.as_deref().and_then(|command| gate.refusal(command));
        // The channel of somebody else's agent may end at a host that does not pass on how a client leaves.
        let reaches = |case: &Case| {
            let is_direct = dialect == Dialect::Qmp || gate.allow > Class::Observing;
            is_direct || !case.steps.contains(&Step::HalfClose)
        };
        session.retain(|case| focus.wants(case) && reaches(case) && refusal(case).is_none());
        session.extend(lookups(schema, seed, gate, absent).into_iter().filter(|case| focus.wants(case)));
        let syncs = dialect == Dialect::Qga && schema.command("guest-sync-delimited").is_some();
        let mut trials = if syncs { recovery::trials(seed) } else { Vec::new() };
        let fits = |case: &Case| gate.allow > Class::Observing || case.bytes() <= FOREIGN_TRIAL_BYTES_MAX;
        trials.retain(|trial| focus.wants(&trial.case) && fits(&trial.case));
        let mut farewells = match dialect {
            _ if gate.allow < Class::Destroying => Vec::new(),
            Dialect::Qga if syncs => recovery::farewells(seed),
            Dialect::Qga => Vec::new(),
            Dialect::Qmp => session::farewells(schema, seed),
        };
        farewells.retain(|case| focus.wants(case));
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
        let streams = Streams::new(schema, dialect, seed);
        let is_stream = |rule: &String| rule == stream::AIM;
        let streams_count = match &focus {
            Focus::Everything => STREAMS,
            Focus::Aims(rules) if !rules.is_empty() && rules.iter().all(is_stream) => {
                commands.clear();
                cases.map_or(STREAMS_ALONE, |cases| cases.saturating_sub(farewells.len() as u64))
            }
            Focus::Aims(rules) if rules.iter().any(is_stream) => STREAMS,
            Focus::Aims(_) => 0,
        };
        Agenda {
            session,
            streams,
            streams_count,
            trials,
            farewells,
            plan,
            commands,
            focus,
            skipped,
            by_line: false,
            serial: false,
        }
    }

    /// Leaves out the cases that a peer which reads line by line cannot be held to. An agent is held to those that show
    /// it: whoever gets back in step with it writes behind half a line.
    pub fn keep_to_lines(&mut self, dialect: Dialect) {
        let shows = |case: &Case| dialect == Dialect::Qga && case.aim.as_deref() == Some(FRAMING);
        self.session.retain(|case| stands_on_lines(case) || shows(case));
        self.trials.retain(|trial| stands_on_lines(&trial.case));
        self.farewells.retain(stands_on_lines);
        self.by_line = true;
    }

    /// Leaves out what is heavy, which only a parser that is known to be QEMU's is held to.
    pub fn keep_light(mut self) -> Agenda<'s> {
        self.keep_short();
        Agenda { streams: self.streams.without_heavy(), ..self }
    }

    /// Leaves out what a peer that reads slowly would be at for longer than a case may last.
    pub fn keep_short(&mut self) {
        self.trials.retain(|trial| trial.case.bytes() <= FOREIGN_TRIAL_BYTES_MAX);
    }

    /// Leaves out the cases in which a client goes away, and those that a serial line cannot be held to, for a
    /// peer at the end of one: see [`qmprobe_target::PeerSpec::sees_clients`].
    pub fn keep_to_a_serial_line(&mut self) {
        self.session.retain(suits_a_serial_line);
        self.trials.retain(|trial| suits_a_serial_line(&trial.case));
        self.farewells.retain(suits_a_serial_line);
        self.serial = true;
    }

    /// Leaves out what is only there to be weighed, of a peer that cannot be.
    pub fn keep_unweighed(&mut self) {
        self.session.retain(|case| !case.steps.iter().any(|step| matches!(step, Step::Repeat(_))));
    }

    /// Orders the cases in which a client gets back in step so that it does no harm to leave off anywhere among
    /// them. False when nothing else was asked for: then all of them are wanted.
    pub fn spread_trials(&mut self) -> bool {
        if matches!(self.focus, Focus::Aims(_)) {
            return false;
        }
        self.trials = recovery::spread(std::mem::take(&mut self.trials));
        true
    }

    /// The cases, made one by one.
    pub fn cases(&self) -> impl Iterator<Item = Case> + '_ {
        let of_commands = self.commands.iter().flat_map(|command| self.plan.command_cases(command));
        let trials = self.trials.iter().map(|trial| trial.case.clone());
        let of_commands = of_commands.filter(|case| self.focus.wants(case));
        let of_commands = of_commands.filter(|case| !self.by_line || stands_on_lines(case));
        let streams = (0..self.streams_count).map(|nth| self.streams.case(nth));
        let session = self.session.iter().cloned();
        let all = session.chain(trials).chain(streams).chain(of_commands);
        let all = all.chain(self.farewells.iter().cloned());
        all.filter(|case| !self.serial || suits_a_serial_line(case))
    }

    /// The cases in which a client gets back in step.
    pub fn trials(&self) -> &[Trial] {
        &self.trials
    }

    /// How many cases there are.
    pub fn planned(&self) -> u64 {
        if self.serial {
            return self.cases().count() as u64;
        }
        let of_commands = self.commands.iter().flat_map(|command| self.plan.command_cases(command));
        let of_commands = of_commands.filter(|case| self.focus.wants(case)).count();
        let made = self.session.len() + self.trials.len() + of_commands + self.farewells.len();
        made as u64 + self.streams_count
    }

    /// The commands left out, with the reason.
    pub fn skipped(&self) -> &BTreeMap<String, String> {
        &self.skipped
    }
}

/// What must not run, and is only looked up.
fn lookups(schema: &Schema, seed: u64, gate: Gate, absent: &[String]) -> Vec<Case> {
    let there = schema.commands.iter().map(|command| command.name.as_str());
    let there: Vec<&str> = there.filter(|name| gate.may_look_up(name)).collect();
    let absent: Vec<&str> = absent.iter().map(String::as_str).filter(|name| gate.may_look_up(name)).collect();
    session::lookups(seed, &there, &absent)
}

/// The rule whose cases show that a peer reads line by line.
const FRAMING: &str = "input-framing";

/// Whether each line that the case sends is one command, or malformed by itself, and leaves nothing open.
fn stands_on_lines(case: &Case) -> bool {
    case.steps.iter().all(|step| match step {
        Step::Send(bytes) | Step::Push(bytes) => {
            bytes.split_inclusive(|byte| *byte == b'\n').all(is_whole_line)
        }
        Step::Repeat(repeat) => repeat.bytes.split_inclusive(|byte| *byte == b'\n').all(is_whole_line),
        // A stretch is there to pass a limit, which no line does.
        Step::Sync(sync) => sync
            .before
            .as_plain()
            .is_some_and(|bytes| bytes.split_inclusive(|byte| *byte == b'\n').all(is_whole_line)),
        Step::Settle(_) | Step::Reconnect | Step::Leave(_) | Step::HalfClose | Step::Abandon(_) => true,
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

/// Whether the client stays, and what it sends is taken whole by an agent that reads a terminal.
fn suits_a_serial_line(case: &Case) -> bool {
    let leaves = |step: &Step| matches!(step, Step::HalfClose | Step::Leave(_) | Step::Abandon(_));
    case.bytes() <= SERIAL_BYTES_MAX && !case.steps.iter().any(leaves)
}

/// Cases made for the rules suffice when there are some for each; a rule without may show itself anywhere.
/// Rules about the other dialect alone need none.
fn focus(session: &[Case], rules: &[String], dialect: Dialect) -> Focus {
    let foreign =
        |rule: &String| qmprobe_check::find(rule).is_some_and(|rule| !rule.terms.dialects.contains(&dialect));
    if !rules.is_empty() && rules.iter().all(foreign) {
        return Focus::Aims(Vec::new());
    }
    let aimed = |rule: &String| {
        session.iter().any(|case| case.aim.as_ref() == Some(rule))
            || violation::ALL.iter().any(|violation| violation.rule == rule)
            || rule == stream::AIM
            || rule == recovery::AIM
            || recovery::farewells(0).iter().any(|case| case.aim.as_ref() == Some(rule))
    };
    if rules.is_empty() || !rules.iter().all(aimed) { Focus::Everything } else { Focus::Aims(rules.to_vec()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::safety::Walls;

    #[test]
    fn a_client_leaves_an_agent_that_may_end_with_a_reply_unread_and_no_other() {
        let schema = qmprobe_schema::shipped("qga-7.2").expect("shipped").expect("well-formed");
        let farewells = |allow, walls| {
            let rules = ["agent-outlives-client".to_owned()];
            Agenda::new(&schema, Dialect::Qga, 0, Gate { allow, walls }, &rules, None, &[]).farewells.len()
        };
        assert_eq!(farewells(Class::Destroying, Walls::AroundAgent { plays_shutdown: true }), 2);
        assert_eq!(farewells(Class::Destroying, Walls::MissingAroundAgent), 2);
        assert_eq!(farewells(Class::Observing, Walls::None), 0);
    }

    #[test]
    fn an_agent_of_somebody_else_may_be_behind_a_channel_that_knows_no_half_close() {
        let schema = qmprobe_schema::shipped("qga-7.2").expect("shipped").expect("well-formed");
        let half_closes = |allow, dialect| {
            let gate = Gate { allow, walls: Walls::None };
            let agenda = Agenda::new(&schema, dialect, 0, gate, &[], None, &[]);
            agenda.session.iter().any(|case| case.steps.contains(&Step::HalfClose))
        };
        assert!(!half_closes(Class::Observing, Dialect::Qga));
        assert!(half_closes(Class::Observing, Dialect::Qmp));
        assert!(half_closes(Class::Destroying, Dialect::Qga));
    }
}
