//! A campaign that goes on finding: rounds on fresh peers, in which requests are made with what the peer has
//! shown to exist. Every exchange is judged by the same oracles as in a check; what shows something new is kept
//! and gone back to.

mod avoid;
mod burst;
mod closing;
pub mod corpus;
mod draft;
mod edges;
mod fence;
mod goal;
mod job;
mod learning;
mod ledger;
mod minimise;
mod novelty;
mod peers;
mod place;
mod play;
mod recall;
mod repeats;
mod round;
mod setups;
pub mod shard;
mod survey;
mod suspects;
mod systematic;

use crate::acquaintance::Acquaintance;
use crate::campaign;
use crate::clock;
use crate::error::Error;
use crate::event::{Event, Finding, Shards, Summary};
use crate::hand::at_once;
use crate::log::Log;
use crate::runner::Runner;
use crate::safety::{Gate, ends_the_peer};
use crate::tally::Tally;
use crate::triage::{Bench, Shower, Triage};
use crate::waivers::Waivers;
use avoid::Avoid;
use corpus::Corpus;
use edges::Edges;
use goal::{Goal, Progress};
use job::Job;
use ledger::Ledger;
use novelty::Novelty;
use peers::Setup;
use place::Place;
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use recall::Unfinished;
use repeats::Repeats;
use shard::Shard;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use suspects::{Suspect, Suspects};
use systematic::Systematic;
use tokio::sync::{Mutex, watch};

/// Bytes that an output directory may take up when the caller has no wish of its own.
pub const OUT_BYTES_MAX: u64 = 1 << 30;

/// What a campaign is to do. Of [`campaign::Options`], the time and the number of cases are its goal: reached,
/// the campaign is complete.
#[derive(Clone, Debug)]
pub struct Options {
    /// The peer, and what else a check of it needs.
    pub run: campaign::Options,
    /// Go on with the campaign in the output directory.
    pub resume: bool,
    /// Bytes of the output directory; findings are kept even so.
    pub out_bytes_max: u64,
    /// Which part of the campaign this is. The number of cases is that of the whole.
    pub shard: Shard,
    /// Play the systematic part alone, which is the same in every campaign with this schema and seed.
    pub only_systematic: bool,
    /// Where kept sequences are read from and written to; `None` is the output directory.
    pub corpus: Option<PathBuf>,
    /// Peers at work at once, where they are ours.
    pub jobs: usize,
    /// Edges of the map that the peer counts in, as what afl-cc compiles in does: then what takes a new one is kept.
    pub coverage: Option<usize>,
}

impl Options {
    /// How many peers are at work at once: of somebody else's there is one.
    fn peers_at_once(&self) -> usize {
        if self.run.peer.ours() { self.jobs.max(1) } else { 1 }
    }

    fn is_selected(&self, rule: &str) -> bool {
        self.run.rules.is_empty() || self.run.rules.iter().any(|selected| selected == rule)
    }
}

/// Runs a campaign. `sink` hears every event, after it was written to the journal; when an earlier part is
/// resumed, that part's events first.
///
/// When `stop` turns true the campaign ends within a step, and everything written is whole; likewise some seconds after
/// its time is up. What was being looked into then is told as far as it was seen, or left for whoever resumes.
///
/// # Errors
/// There is no peer, its schema cannot be had, or the journal or the corpus cannot be read or written.
/// Whatever the peer does wrong is a finding.
pub async fn run(
    options: Options,
    stop: watch::Receiver<bool>,
    sink: &mut dyn FnMut(&Event),
) -> Result<Summary, Error> {
    let began = Instant::now();
    let stop = closing::closing(stop, options.run.time);
    let Place { journal, before, corpus, ledger, lines, suspects, suspected } = Place::open(&options)?;
    let mut log = Log { journal, sink };
    let met = Acquaintance::make(&options.run, stop.clone()).await?;
    let Acquaintance { runner, schema, absent, facts, gate, foreign, by_line, mut notes, .. } = met;
    let may = |command: &str| {
        gate.refusal(command).is_none() && !ends_the_peer(command) && !absent.iter().any(|one| one == command)
    };
    // Where cases are counted, looking around takes a part of them.
    let questions = options.run.max_cases.map(|cases| usize::try_from(options.shard.below(cases) / 8));
    let questions = questions.and_then(Result::ok).unwrap_or(survey::QUESTIONS_MAX);
    let (setups, left_out) = peers::setups(&runner, &options.run.peer, &schema, &may, questions).await;
    notes.extend(left_out);
    let at = clock::seconds_since_epoch();
    let waivers = Waivers::new(options.run.waivers.clone(), options.run.strict, at)?;
    let systematic = Systematic::new(&schema, &options.run.peer, foreign, options.run.seed, gate, &absent);
    let goal = Goal::new(&options, systematic.len());
    let cases = Goal::whole(&options, systematic.len());
    let shards = Shards { of: options.shard.of, held: vec![options.shard.number], cases, merged: false };
    let shards = (options.shard.of > 1).then_some(shards);
    if before.is_empty() {
        log.begin(&options.run, &facts, &schema, goal.planned(), at, shards)?;
        log.note(notes)?;
    } else {
        recall::same_campaign(&before, &options, &schema, shards.as_ref())?;
    }
    let bench = || Bench::new(options.run.peer.clone(), Arc::clone(&schema), stop.clone()).thorough();
    let mut triage = Triage::new(bench(), waivers, facts, &options.run.out, &options.run.rules)
        .with_room(options.out_bytes_max / 4);
    let mut fuzz = Fuzz {
        tally: Tally::default(),
        novelty: Novelty::default(),
        edges: Edges::default(),
        corpus,
        ledger,
        suspects,
        avoid: Avoid::default(),
        repeats: Repeats::default(),
        doubts: HashMap::new(),
        followed: HashSet::new(),
        systematic,
        skipped: skipped(&schema, gate),
        options: &options,
        schema: &schema,
        goal,
        gate,
        by_line,
        weighs: runner.peer().weigh().is_some(),
        setups,
        playing: Vec::new(),
        in_flight: 0,
        round: 0,
        blocks: 0,
        unfinished: Vec::new(),
        peer_starts: 1,
        began,
        in_blocks: Duration::ZERO,
        stop: stop.clone(),
        cut: None,
        log,
    };
    fuzz.recall(before, lines, &mut triage)?;
    let (desk, triage) = (RefCell::new(fuzz), Mutex::new(triage));
    let runner = at_work(&desk, &triage, &bench, runner, suspected).await?;
    desk.into_inner().finish(runner, triage.into_inner()).await
}

/// Has the jobs play the campaign to its end, the first with this runner, which it gives back.
async fn at_work(
    desk: &RefCell<Fuzz<'_>>,
    triage: &Mutex<Triage>,
    bench: &dyn Fn() -> Bench,
    runner: Runner,
    suspected: Vec<Suspect>,
) -> Result<Runner, Error> {
    let (options, schema) = (desk.borrow().options, desk.borrow().schema);
    let job = |runner| {
        let (bench, spares) = (bench(), Vec::new());
        Job { options, schema, desk, triage, bench, runner, lost: false, spares }
    };
    let mut first = job(runner);
    first.look_again(suspected).await?;
    let mut jobs = vec![first];
    for _ in 1..options.peers_at_once() {
        let Ok(runner) = jobs[0].runner.another(&options.run.peer).await else { break };
        jobs.push(job(runner));
        desk.borrow_mut().peer_starts += 1;
    }
    at_once(jobs.iter_mut().map(Job::work).collect()).await?;
    Ok(jobs.swap_remove(0).runner)
}

/// The commands that are not sent, and why.
fn skipped(schema: &Schema, gate: Gate) -> BTreeMap<String, String> {
    let why = |command: &str| {
        let ends = ends_the_peer(command).then(|| "it ends the peer by design".to_owned());
        gate.refusal(command).or(ends)
    };
    let commands = schema.commands.iter().map(|command| command.name.clone());
    commands.filter_map(|command| why(&command).map(|why| (command, why))).collect()
}

/// A campaign under way: what the jobs share.
struct Fuzz<'a> {
    options: &'a Options,
    schema: &'a Schema,
    goal: Goal,
    gate: Gate,
    log: Log<'a>,
    tally: Tally,
    novelty: Novelty,
    edges: Edges,
    corpus: Corpus,
    ledger: Ledger,
    suspects: Suspects,
    avoid: Avoid,
    repeats: Repeats,
    /// Signatures that did not show again, and how often.
    doubts: HashMap<String, u32>,
    /// Signatures that somebody is looking into.
    followed: HashSet<String>,
    systematic: Systematic<'a>,
    skipped: BTreeMap<String, String>,
    /// The peer wants a line end after each request.
    by_line: bool,
    /// It can be seen what the peer takes up.
    weighs: bool,
    setups: Vec<Setup<'a>>,
    /// The set-ups of the rounds under way.
    playing: Vec<usize>,
    /// Cases that were made and are not judged yet.
    in_flight: u64,
    /// The next round, counted among this shard's.
    round: u64,
    /// The next block, likewise.
    blocks: u64,
    /// Blocks to go on with before anything else.
    unfinished: Vec<Unfinished>,
    peer_starts: u64,
    began: Instant,
    /// Time spent on blocks, by all jobs.
    in_blocks: Duration,
    /// Nothing may be begun any more.
    stop: watch::Receiver<bool>,
    /// Why the campaign ended before its goal.
    cut: Option<String>,
}

impl Fuzz<'_> {
    fn progress(&self) -> Progress {
        Progress {
            blocks: self.blocks,
            judged: self.tally.judged() + self.in_flight,
            elapsed: self.began.elapsed(),
            in_blocks: self.in_blocks / u32::try_from(self.options.peers_at_once()).unwrap_or(1),
        }
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow()
    }

    /// Whether the campaign's own time is over, if it was given one.
    fn is_time_up(&self) -> bool {
        self.options.run.time.is_some_and(|time| self.began.elapsed() >= time)
    }

    /// Whether the campaign has to end before the next round.
    fn is_over(&mut self) -> bool {
        self.is_cut()
            || self.is_stopped()
            || (self.unfinished.is_empty() && self.goal.is_reached(self.progress()))
    }

    /// Whether it has to end before it is done.
    fn is_cut(&mut self) -> bool {
        if self.is_stopped() && !self.is_time_up() {
            self.cut = Some("interrupted".to_owned());
        }
        self.cut = self.cut.take().or_else(|| self.goal.cut(self.progress()));
        self.cut.is_some()
    }

    /// How the peer is started in a set-up, and whether it wants line ends.
    fn spec(&self, setup: usize) -> (PeerSpec, bool) {
        (self.setups[setup].spec.clone(), self.by_line)
    }

    fn shower(&self, setup: usize) -> Shower {
        (self.setups[setup].spec.clone(), self.setups[setup].command_line.clone())
    }

    /// Says and counts findings.
    fn tell(&mut self, findings: Vec<Finding>) -> Result<(), Error> {
        let after_s = Some(self.began.elapsed().as_secs());
        let findings = findings.into_iter().map(|finding| Finding { after_s, ..finding }).collect();
        self.log.report(findings, &mut self.tally)
    }

    /// Says what is left to say, and the figures.
    async fn finish(mut self, mut runner: Runner, mut triage: Triage) -> Result<Summary, Error> {
        let held = triage.release(&mut runner, 0).await?;
        self.tell(held)?;
        // What could not be looked into in time is there for whoever resumes.
        let stopped = self.is_stopped();
        self.suspects.keep(|signature| stopped && !triage.has_met(signature))?;
        let left = self.suspects.count();
        let told = format!("suspicions left to look into: {left}; --resume goes on with them");
        self.log.note((left > 0).then_some(told).into_iter().collect())?;
        self.corpus.minimise()?;
        let dialect = self.options.run.peer.dialect();
        self.log.last_words(&triage, &self.tally, dialect, runner.version())?;
        runner.retire().await;
        let summary = Summary {
            complete: self.cut.is_none(),
            cut: self.cut,
            planned: self.goal.planned().max(self.tally.judged()),
            commands_declared: self.schema.commands.len() as u64,
            peer_starts: self.peer_starts,
            seconds: self.began.elapsed().as_secs_f64(),
            ..self.tally.summary(self.skipped)
        };
        self.log.say(Event::RunFinished(summary.clone()))?;
        Ok(summary)
    }
}
