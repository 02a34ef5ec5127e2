//! One campaign: from a peer to the last event. Every event is in the journal before anybody hears of it.

use crate::acquaintance::Acquaintance;
use crate::clock;
use crate::desk::{Bounds, Course, Desk, Done, Outcome, Turn};
use crate::error::Error;
use crate::event::{Event, Summary};
use crate::hand::{Hand, LOSSES_MAX, at_once, kind};
use crate::journal::Journal;
use crate::log::Log;
pub use crate::options::Options;
use crate::plan::Agenda;
use crate::recovery::{FOREIGN_SWEEP_MS, Matrix, SWEEP_MS};
use crate::runner::Runner;
use crate::settings;
use crate::streams::Streams;
use crate::tally::Tally;
use crate::triage::{Bench, Triage};
use crate::waivers::Waivers;
use qmprobe_check::stream::is_stream;
use qmprobe_check::{Verdict, find, judge};
use qmprobe_generate::stream;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Case, Start, Transcript};
use std::collections::{HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, watch};

/// Cases of a run for which further peers pay: they share what is waited for, and each costs a start.
const WORTH_SEVERAL: u64 = 1_000;
/// Peers at work then: on two processors one more than keeps them busy, since there is always one that waits for a
/// peer which sleeps, dies or starts.
const HANDS: usize = 4;
/// Cases kept of each peer in case that they only together end it.
const HISTORY_CASES: usize = 4096;

/// Runs a campaign. `sink` hears every event, after it was written to the journal in [`Options::out`].
///
/// When `stop` turns true the run ends within a step, and everything written is whole.
///
/// # Errors
/// There is no peer, its schema cannot be had, or the journal cannot be written. Whatever the peer does wrong
/// is a finding.
pub async fn run(
    options: Options,
    stop: watch::Receiver<bool>,
    sink: &mut dyn FnMut(&Event),
) -> Result<Summary, Error> {
    let began = Instant::now();
    let mut log = Log { journal: Journal::create(&options.out)?, sink };
    let met = Acquaintance::make(&options, stop.clone()).await?;
    let Acquaintance { runner, schema, absent, facts, gate, foreign, by_line, strange, slow, notes } = met;
    let mut agenda = Agenda::new(
        &schema,
        options.peer.dialect(),
        options.seed,
        gate,
        &options.rules,
        options.max_cases,
        &absent,
    );
    if by_line {
        agenda.keep_to_lines(options.peer.dialect());
    }
    if strange {
        agenda = agenda.keep_light();
    }
    if slow {
        agenda.keep_short();
    }
    if !options.peer.sees_clients() {
        agenda.keep_to_a_serial_line();
    }
    if runner.peer().weigh().is_none() {
        agenda.keep_unweighed();
    }
    let sweep_ms = if foreign { FOREIGN_SWEEP_MS } else { SWEEP_MS };
    let sweep_ms = agenda.spread_trials().then_some(sweep_ms);
    let planned = agenda.planned();
    let at = clock::seconds_since_epoch();
    log.begin(&options, &facts, &schema, planned, at, None)?;
    log.note(notes)?;
    let bench = Bench::new(options.peer.clone(), Arc::clone(&schema), stop.clone());
    let waivers = Waivers::new(options.waivers.clone(), options.strict, at)?;
    let runners = runners(runner, &options, planned.min(options.max_cases.unwrap_or(u64::MAX))).await;
    let course = Course {
        streams: Streams::new(sweep_ms.map(Duration::from_millis)),
        matrix: Matrix::new(agenda.trials(), sweep_ms),
    };
    let bounds = Bounds { cases: options.max_cases, began, time: options.time, stop: stop.clone() };
    let desk = Desk::new(&schema, log, course, bounds, agenda.cases(), runners.hands());
    let mut campaign = Campaign {
        triage: Triage::new(bench, waivers, facts, &options.out, &options.rules),
        tally: Tally::default(),
        histories: vec![VecDeque::new(); runners.hands()],
        told: HashSet::new(),
        peer_starts: runners.hands() as u64,
        desk: &desk,
        runners: &runners,
    };
    let work = runners.at_work(&options).map(|hand| boxed(hand.work(&desk)));
    let work = work.chain([boxed(campaign.tell())]).collect();
    at_once(work).await?;
    campaign.release().await?;
    if settings::concern(&options) {
        campaign.try_settings(&options, foreign, stop).await?;
    }
    campaign.finish(&options, &agenda, planned).await
}

/// The peers to work with.
struct Runners {
    /// Those at work: several monitors of ours where there is much to do, as they read what they are sent byte by byte.
    working: Vec<Mutex<Runner>>,
    /// One that only shows how a peer is started, so that what is looked into holds up no work. Where there is a single
    /// peer it is that one.
    idle: Option<Mutex<Runner>>,
}

async fn runners(runner: Runner, options: &Options, cases: u64) -> Runners {
    let monitor = matches!(options.peer, PeerSpec::Qemu { .. } | PeerSpec::StorageDaemon { .. });
    let mut further = Vec::new();
    if monitor && cases >= WORTH_SEVERAL {
        for _ in 0..HANDS {
            further.extend(runner.another(&options.peer).await.ok());
        }
    }
    let idle = further.pop().filter(|_| !further.is_empty()).map(Mutex::new);
    let working = std::iter::once(runner).chain(further);
    Runners { working: working.map(|runner| Mutex::new(runner.keep_vigil())).collect(), idle }
}

impl Runners {
    fn hands(&self) -> usize {
        self.working.len()
    }

    fn at_work<'h>(&'h self, options: &'h Options) -> impl Iterator<Item = Hand<'h>> {
        let hands = u32::try_from(self.hands()).unwrap_or(u32::MAX);
        let each = self.working.iter().enumerate();
        each.map(move |(number, runner)| Hand::new(number, runner, &options.peer, &options.limits, hands))
    }

    /// The one to look into things with.
    fn idle(&self) -> &Mutex<Runner> {
        self.idle.as_ref().unwrap_or(&self.working[0])
    }
}

type Work<'w> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'w>>;

fn boxed<'w>(work: impl Future<Output = Result<(), Error>> + 'w) -> Work<'w> {
    Box::pin(work)
}

/// A campaign under way: what came of its cases is told here, in their order.
struct Campaign<'a, 'd> {
    desk: &'a Desk<'d>,
    runners: &'a Runners,
    /// The last cases that each peer went through in command mode, the newest last.
    histories: Vec<VecDeque<Arc<Case>>>,
    /// Kinds of cases of which it was said that the rest is left out.
    told: HashSet<String>,
    triage: Triage,
    tally: Tally,
    peer_starts: u64,
}

impl Campaign<'_, '_> {
    /// Tells what came of the cases, until nothing more comes.
    async fn tell(&mut self) -> Result<(), Error> {
        let mut turn = Turn::default();
        while let Some(done) = self.desk.done(turn).await {
            let again = matches!(done.outcome, Outcome::LostBefore { .. });
            let (hand, lost) = (done.hand, done.lost.clone());
            if let Err(error) = self.turn(turn, done).await {
                self.desk.end(error.to_string());
                return Err(error);
            }
            if lost.is_some() {
                self.histories[hand].clear();
            }
            let next = self.desk.settle(turn, again);
            if let Some(reason) = lost
                && let Some(renewed) = self.desk.renewed(turn).await
            {
                self.tell_renewed(reason, renewed)?;
            }
            turn = next;
        }
        Ok(())
    }

    async fn turn(&mut self, turn: Turn, done: Done) -> Result<(), Error> {
        let Done { hand, case, outcome, .. } = done;
        match outcome {
            Outcome::Stopped => self.desk.end("interrupted".to_owned()),
            Outcome::GivenUp(count) => self.tell_given_up(&case, count)?,
            Outcome::LostBefore { previous } => {
                if let Some(previous) = previous {
                    self.blame(hand, previous).await?;
                }
                if turn.losses + 1 == LOSSES_MAX {
                    self.desk.end("the peer keeps ending by itself".to_owned());
                }
            }
            Outcome::Ran { transcript, verdicts, took_us } => {
                self.case(hand, case, transcript, verdicts, took_us).await?;
            }
        }
        Ok(())
    }

    fn say(&self, event: Event) -> Result<(), Error> {
        self.desk.log.borrow_mut().say(event)
    }

    fn tell_given_up(&mut self, case: &Case, count: u32) -> Result<(), Error> {
        if !self.told.insert(kind(case).to_owned()) {
            return Ok(());
        }
        let text = format!("{}: {count} of its cases went unanswered, the rest are left out", kind(case));
        self.say(Event::Noted { text })
    }

    /// Says what came of a case.
    async fn case(
        &mut self,
        hand: usize,
        case: Arc<Case>,
        transcript: Option<Arc<Transcript>>,
        verdicts: Vec<Verdict>,
        took_us: u64,
    ) -> Result<(), Error> {
        let (id, command) = (case.id, case.command.clone());
        if is_stream(&case) {
            let failed = |verdict: &Verdict| verdict.rule.slug == stream::AIM && verdict.is_failure();
            let (took, failed) = (Duration::from_micros(took_us), verdicts.iter().any(failed));
            self.desk.course.borrow_mut().streams.count(took, failed);
        }
        let triage = &self.triage;
        let declared = command.as_deref().filter(|command| self.desk.schema.command(command).is_some());
        let (passed, failed) = self.tally.case(declared, &verdicts, |rule| triage.is_selected(rule));
        self.say(Event::CaseEnded { id, command, passed, failed, took_us })?;
        if let Some(transcript) = transcript {
            self.desk.course.borrow_mut().matrix.case(id, &transcript, took_us);
            self.look_into(hand, &transcript, verdicts).await?;
        }
        if case.start == Start::Command {
            let history = &mut self.histories[hand];
            if history.len() == HISTORY_CASES {
                history.pop_front();
            }
            history.push_back(case);
        }
        Ok(())
    }

    /// Makes findings of what failed.
    async fn look_into(
        &mut self,
        hand: usize,
        transcript: &Transcript,
        verdicts: Vec<Verdict>,
    ) -> Result<(), Error> {
        if !verdicts.iter().any(Verdict::is_failure) {
            return Ok(());
        }
        let mut runner = self.runners.idle().lock().await;
        let history = self.histories[hand].make_contiguous();
        let findings = self.triage.take(&mut runner, transcript, verdicts, history).await?;
        self.desk.log.borrow_mut().report(findings, &mut self.tally)
    }

    /// The peer ended after a case that had been judged, or after what it was asked before the first: it survived
    /// that less than it seemed.
    async fn blame(&mut self, hand: usize, previous: Transcript) -> Result<(), Error> {
        let mut verdicts = judge(self.desk.schema, &previous);
        verdicts.retain(|verdict| verdict.rule.slug == "peer-survives");
        for verdict in verdicts.iter().filter(|verdict| verdict.is_failure()) {
            self.tally.belated_fail(verdict.rule);
        }
        let history = &mut self.histories[hand];
        if history.back().is_some_and(|last| Arc::ptr_eq(last, &previous.case)) {
            history.pop_back();
        }
        self.look_into(hand, &previous, verdicts).await
    }

    /// Says that a peer was started anew, or ends the run where it could not be.
    fn tell_renewed(
        &mut self,
        reason: String,
        renewed: Result<(), qmprobe_target::Error>,
    ) -> Result<(), Error> {
        if let Err(error) = renewed {
            self.desk.end(format!("the peer is gone ({reason}): {error}"));
            return Ok(());
        }
        self.peer_starts += 1;
        self.say(Event::PeerRestarted { reason })
    }

    /// Tells what was held back.
    async fn release(&mut self) -> Result<(), Error> {
        let held = self.triage.release(&mut *self.runners.idle().lock().await, 0).await?;
        self.desk.log.borrow_mut().report(held, &mut self.tally)
    }

    /// Holds an agent in which nothing is broken to its settings; what is would be found again under other names.
    async fn try_settings(
        &mut self,
        options: &Options,
        foreign: bool,
        stop: watch::Receiver<bool>,
    ) -> Result<(), Error> {
        if !self.tally.holds() || self.desk.why_cut().is_some() {
            return Ok(());
        }
        let (found, starts) = settings::findings(options, foreign, stop).await?;
        self.peer_starts += starts;
        found.iter().filter_map(|finding| find(&finding.rule)).for_each(|rule| self.tally.belated_fail(rule));
        self.desk.log.borrow_mut().report(found, &mut self.tally)
    }

    /// Says what is left to say, and the figures.
    async fn finish(self, options: &Options, agenda: &Agenda<'_>, planned: u64) -> Result<Summary, Error> {
        let version = self.runners.idle().lock().await.version();
        let matrix = std::mem::take(&mut self.desk.course.borrow_mut().matrix);
        let note = matrix.note();
        {
            let mut log = self.desk.log.borrow_mut();
            note.into_iter().try_for_each(|text| log.say(Event::Noted { text }))?;
            log.last_words(&self.triage, &self.tally, options.peer.dialect(), version)?;
        }
        for runner in &self.runners.working {
            runner.lock().await.retire().await;
        }
        let cut = self.desk.why_cut();
        let summary = Summary {
            complete: cut.is_none(),
            cut,
            planned,
            commands_declared: self.desk.schema.commands.len() as u64,
            peer_starts: self.peer_starts,
            seconds: self.desk.seconds(),
            recovery: matrix.into_rows(),
            ..self.tally.summary(agenda.skipped().clone())
        };
        self.say(Event::RunFinished(summary.clone()))?;
        Ok(summary)
    }
}
