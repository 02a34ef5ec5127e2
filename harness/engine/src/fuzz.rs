//! A campaign that goes on finding: rounds on fresh peers, in which requests are made with what the peer has
//! shown to exist. Every exchange is judged by the same oracles as in a check; what shows something new is kept
//! and gone back to.

mod avoid;
pub mod corpus;
mod edges;
mod fence;
mod goal;
mod ledger;
mod minimise;
mod novelty;
mod peers;
mod place;
mod recall;
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
use crate::event::{Event, Shards, Summary};
use crate::log::Log;
use crate::runner::Runner;
use crate::safety::{Gate, ends_the_peer};
use crate::spare::Spare;
use crate::tally::Tally;
use crate::triage::{Bench, Triage};
use crate::waivers::Waivers;
use avoid::Avoid;
use corpus::Corpus;
use edges::Edges;
use goal::{Goal, Progress};
use ledger::Ledger;
use novelty::Novelty;
use peers::Setup;
use place::Place;
use qmprobe_generate::state::Names;
use qmprobe_schema::Schema;
use recall::Unfinished;
use shard::Shard;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};
use suspects::Suspects;
use systematic::Systematic;
use tokio::sync::watch;

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
    /// Edges of the map that the peer counts in, as what afl-cc compiles in does: then what takes a new one is kept.
    pub coverage: Option<usize>,
}

/// Runs a campaign. `sink` hears every event, after it was written to the journal; when an earlier part is
/// resumed, that part's events first.
///
/// When `stop` turns true the campaign ends within a step, and everything written is whole.
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
    let Place { journal, before, corpus, ledger, lines, suspects, suspected } = Place::open(&options)?;
    let mut log = Log { journal, sink };
    let met = Acquaintance::make(&options.run, stop.clone()).await?;
    let Acquaintance { runner, schema, absent, facts, gate, by_line, mut notes, .. } = met;
    let may = |command: &str| {
        gate.refusal(command).is_none() && !ends_the_peer(command) && !absent.iter().any(|one| one == command)
    };
    // Where cases are counted, looking around takes a part of them.
    let questions = options.run.max_cases.map(|cases| usize::try_from(options.shard.below(cases) / 8));
    let questions = questions.and_then(Result::ok).unwrap_or(survey::QUESTIONS_MAX);
    let (setups, left_out) = peers::setups(&runner, &options.run.peer, &schema, &may, questions).await;
    notes.extend(left_out);
    let at = clock::seconds_since_epoch();
    let bench = Bench::new(options.run.peer.clone(), Arc::clone(&schema), stop.clone()).thorough();
    let waivers = Waivers::new(options.run.waivers.clone(), options.run.strict, at)?;
    let systematic = Systematic::new(&schema, &options.run.peer, options.run.seed, gate, &absent);
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
    let mut fuzz = Fuzz {
        triage: Triage::new(bench, waivers, facts, &options.run.out, &options.run.rules),
        tally: Tally::default(),
        novelty: Novelty::default(),
        edges: Edges::default(),
        corpus,
        ledger,
        suspects,
        avoid: Avoid::default(),
        doubts: HashMap::new(),
        systematic,
        skipped: skipped(&schema, gate),
        options: &options,
        schema: &schema,
        goal,
        gate,
        by_line,
        setups,
        spares: Vec::new(),
        runner,
        lost: false,
        round: 0,
        blocks: 0,
        unfinished: None,
        peer_starts: 1,
        began,
        in_blocks: Duration::ZERO,
        stop,
        cut: None,
        log,
    };
    fuzz.recall(before, lines)?;
    fuzz.look_again(suspected).await?;
    while !fuzz.is_over() {
        fuzz.play_round().await?;
    }
    fuzz.finish().await
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

/// A campaign under way.
struct Fuzz<'a> {
    options: &'a Options,
    schema: &'a Schema,
    goal: Goal,
    gate: Gate,
    log: Log<'a>,
    triage: Triage,
    tally: Tally,
    novelty: Novelty,
    edges: Edges,
    corpus: Corpus,
    ledger: Ledger,
    suspects: Suspects,
    avoid: Avoid,
    /// Signatures that did not show again, and how often.
    doubts: HashMap<String, u32>,
    systematic: Systematic<'a>,
    skipped: BTreeMap<String, String>,
    /// The peer wants a line end after each request.
    by_line: bool,
    setups: Vec<Setup<'a>>,
    /// At most one for each set-up.
    spares: Vec<(usize, Spare)>,
    runner: Runner,
    /// The peer of the runner is gone.
    lost: bool,
    /// The next round, counted among this shard's.
    round: u64,
    /// The next block, likewise.
    blocks: u64,
    /// A block to go on with before anything else.
    unfinished: Option<Unfinished>,
    peer_starts: u64,
    began: Instant,
    /// Time spent on blocks.
    in_blocks: Duration,
    stop: watch::Receiver<bool>,
    /// Why the campaign ended before its goal.
    cut: Option<String>,
}

impl Fuzz<'_> {
    fn progress(&self) -> Progress {
        Progress {
            blocks: self.blocks,
            judged: self.tally.judged(),
            elapsed: self.began.elapsed(),
            in_blocks: self.in_blocks,
        }
    }

    /// Whether the campaign has to end before the next round.
    fn is_over(&mut self) -> bool {
        self.is_cut() || (self.unfinished.is_none() && self.goal.is_reached(self.progress()))
    }

    /// Whether it has to end before it is done.
    fn is_cut(&mut self) -> bool {
        if *self.stop.borrow() {
            self.cut = Some("interrupted".to_owned());
        }
        self.cut = self.cut.take().or_else(|| self.goal.cut(self.progress()));
        self.cut.is_some()
    }

    /// Says what is left to say, and the figures.
    async fn finish(mut self) -> Result<Summary, Error> {
        let held = self.triage.release(&mut self.runner).await?;
        self.log.report(held, &mut self.tally)?;
        self.suspects.clear()?;
        let dialect = self.options.run.peer.dialect();
        self.log.last_words(&self.triage, &self.tally, dialect, self.runner.version())?;
        self.runner.retire().await;
        let summary = Summary {
            complete: self.cut.is_none(),
            cut: self.cut,
            planned: self.goal.planned().max(self.tally.judged()),
            commands_declared: self.schema.commands.len() as u64,
            commands_skipped: self.skipped,
            peer_starts: self.peer_starts,
            seconds: self.began.elapsed().as_secs_f64(),
            ..self.tally.summary()
        };
        self.log.say(Event::RunFinished(summary.clone()))?;
        Ok(summary)
    }

    /// What is known of the peer in a set-up.
    fn names(&mut self, setup: usize) -> &mut Names {
        &mut self.setups[setup].names
    }
}
