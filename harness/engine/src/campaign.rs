//! One campaign: from a peer to the last event. Every event is in the journal before anybody hears of it.

use crate::acquaintance::Acquaintance;
use crate::clock;
use crate::error::Error;
use crate::event::{Event, Summary};
use crate::hand::{Dealt, Desk, Done, Hand, Outcome, at_once, kind};
use crate::journal::Journal;
use crate::log::Log;
use crate::plan::Agenda;
use crate::recovery::{FOREIGN_SWEEP_MS, Matrix};
use crate::runner::Runner;
use crate::safety::Class;
use crate::streams::Streams;
use crate::tally::Tally;
use crate::triage::{Bench, Triage};
use crate::waivers::{Waiver, Waivers};
use qmprobe_check::{Verdict, judge};
use qmprobe_generate::stream;
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Case, Dialect, Ending, Limits, Start, Transcript};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Cases in a row without any reply after which the peer is given up.
const SILENT_CASES_MAX: u32 = 5;
/// Times that a peer may end by itself before one case.
const LOSSES_MAX: u32 = 3;
/// Cases between two looks at a peer's memory.
const LOOK_CASES: u64 = 50;

/// Cases of a run for which a second peer pays: it halves what is waited for, and costs a start.
const WORTH_A_SECOND: u64 = 1_000;
/// Cases that go to one peer, then as many to the other.
const SHARE: u64 = 8;
/// Cases that each does before they are looked into, if the other has done its own.
const BATCH: usize = 16;
/// Cases that one may be ahead of the other: some keep a peer for seconds.
const AHEAD: usize = 512;

/// What a campaign is to do.
#[derive(Clone, Debug)]
pub struct Options {
    /// The peer.
    pub peer: PeerSpec,
    /// What to call it; `None` makes a name of its kind and version.
    pub peer_name: Option<String>,
    /// The schema to hold it against. `None` asks the peer, or for an agent takes the shipped one that is
    /// nearest to its version.
    pub schema: Option<Arc<Schema>>,
    /// The highest class of commands that it may be sent.
    pub allow: Class,
    /// Slugs of the rules of interest; empty is all.
    pub rules: Vec<String>,
    /// The seed of the cases.
    pub seed: u64,
    /// How long the run may take. It is looked at between cases.
    pub time: Option<Duration>,
    /// Where the journal and the findings go.
    pub out: PathBuf,
    /// The user's waivers.
    pub waivers: Vec<Waiver>,
    /// Leave out the waivers that are built in.
    pub strict: bool,
    /// Bounds on what the peer may cost.
    pub limits: Limits,
    /// How many cases may be run.
    pub max_cases: Option<u64>,
}

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
    let Acquaintance { runner, schema, absent, facts, gate, foreign, by_line, strange, notes } = met;
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
        agenda.keep_to_lines();
    }
    if strange {
        agenda = agenda.keep_light();
    }
    if !options.peer.sees_clients() {
        agenda.keep_to_a_serial_line();
    }
    if runner.peer().weigh().is_none() {
        agenda.keep_unweighed();
    }
    let sweep_ms = (foreign && agenda.spread_trials()).then_some(FOREIGN_SWEEP_MS);
    let planned = agenda.planned();
    let at = clock::seconds_since_epoch();
    log.begin(&options, &facts, &schema, planned, at, None)?;
    log.note(notes)?;
    let bench = Bench::new(options.peer.clone(), Arc::clone(&schema), stop.clone());
    let waivers = Waivers::new(options.waivers.clone(), options.strict, at)?;
    let mut campaign = Campaign {
        triage: Triage::new(bench, waivers, facts, &options.out, &options.rules),
        tally: Tally::default(),
        hands: hands(runner, &options, planned.min(options.max_cases.unwrap_or(u64::MAX))).await,
        done: BTreeMap::new(),
        dealt: 0,
        settled: 0,
        told: HashSet::new(),
        streams: Streams::new(sweep_ms.map(Duration::from_millis)),
        matrix: Matrix::new(agenda.trials(), sweep_ms),
        peer_starts: 0,
        cut: None,
        options: &options,
        schema: &schema,
        stop,
        began,
        log: RefCell::new(log),
    };
    campaign.peer_starts = campaign.hands.len() as u64;
    let mut cases = agenda.cases();
    while campaign.deal(&mut cases)? && !campaign.is_over() {
        if !campaign.round().await? || !campaign.settle().await? {
            break;
        }
    }
    drop(cases);
    campaign.finish(&agenda, planned).await
}

/// The peers to work with: two monitors of ours where there is much to do, which read what they are sent byte by byte.
async fn hands(runner: Runner, options: &Options, cases: u64) -> Vec<Hand> {
    let monitor = matches!(options.peer, PeerSpec::Qemu { .. } | PeerSpec::StorageDaemon { .. });
    let second = match monitor && cases >= WORTH_A_SECOND {
        true => runner.another(&options.peer).await.ok(),
        false => None,
    };
    let count = 1 + u32::from(second.is_some());
    std::iter::once(runner).chain(second).map(|runner| Hand::new(runner.keep_vigil(), count)).collect()
}

fn is_stream(case: &Case) -> bool {
    case.aim.as_deref() == Some(stream::AIM)
}

/// A campaign under way.
struct Campaign<'a> {
    options: &'a Options,
    schema: &'a Schema,
    stop: watch::Receiver<bool>,
    began: Instant,
    hands: Vec<Hand>,
    /// Cases that were run, until all before them are settled.
    done: BTreeMap<u64, Done>,
    /// How many cases were given to the hands.
    dealt: u64,
    /// How many of them nothing is left to say of.
    settled: u64,
    /// Kinds of cases of which it was said that the rest is left out.
    told: HashSet<String>,
    log: RefCell<Log<'a>>,
    triage: Triage,
    tally: Tally,
    streams: Streams,
    /// How clients got back in step.
    matrix: Matrix,
    peer_starts: u64,
    /// Why the run ended before its last case.
    cut: Option<String>,
}

impl Campaign<'_> {
    /// Whether the run has to end before the next case.
    fn is_over(&mut self) -> bool {
        let cut = if *self.stop.borrow() {
            "interrupted".to_owned()
        } else if self.options.time.is_some_and(|time| self.began.elapsed() >= time) {
            let seconds = self.options.time.unwrap_or_default().as_secs();
            format!("the time of {seconds} s was up")
        } else if self.hands.iter().any(|hand| hand.runner.silent_cases() >= SILENT_CASES_MAX) {
            format!("the peer no longer answers: {SILENT_CASES_MAX} cases in a row got no reply")
        } else {
            return false;
        };
        self.cut = Some(cut);
        true
    }

    /// Gives each hand what is its own of the next cases. False when there is nothing left to do.
    fn deal(&mut self, cases: &mut dyn Iterator<Item = Case>) -> Result<bool, Error> {
        let hands = self.hands.len();
        let (share, ahead) = if hands == 1 { (1, 1) } else { (SHARE, AHEAD) };
        let max = self.options.max_cases.unwrap_or(u64::MAX);
        while self.hands.iter().any(|hand| hand.waiting.len() < ahead) {
            if self.dealt >= max && self.settled < self.dealt {
                break;
            }
            let Some(case) = cases.next() else { break };
            if self.dealt >= max {
                self.cut = Some(format!("{max} cases were allowed"));
                break;
            }
            if self.is_left_out(&case)? {
                continue;
            }
            let place = self.dealt;
            self.dealt += 1;
            let hand = (place / share) as usize % hands;
            self.hands[hand].waiting.push_back(Dealt { place, case: Arc::new(case) });
        }
        Ok(self.settled < self.dealt)
    }

    /// Whether the time that such cases have is up.
    fn is_left_out(&mut self, case: &Case) -> Result<bool, Error> {
        if is_stream(case) && self.streams.are_over() {
            if let Some(text) = self.streams.note() {
                self.log.get_mut().say(Event::Noted { text })?;
            }
            return Ok(true);
        }
        Ok(self.matrix.gives_up(case))
    }

    /// Has the hands work, at once. False when the run is over.
    async fn round(&mut self) -> Result<bool, Error> {
        let batch = if self.hands.len() == 1 { 1 } else { BATCH };
        let busy = Cell::new(self.hands.len());
        let desk = Desk { schema: self.schema, log: &self.log, batch, busy };
        let hands = self.hands.iter_mut().enumerate();
        let done = at_once(hands.map(|(number, hand)| hand.work(number, &desk)).collect()).await?;
        self.done.extend(done.into_iter().flatten().map(|done| (done.dealt.place, done)));
        self.tell_restarts()
    }

    /// Says what came of the cases, in their order, as far as there is no gap. False when the run is over.
    async fn settle(&mut self) -> Result<bool, Error> {
        while let Some(done) = self.done.remove(&self.settled) {
            let Done { hand, dealt, outcome } = done;
            self.hands[hand].go_on(dealt.place);
            let goes_on = match outcome {
                Outcome::Stopped => {
                    self.cut = Some("interrupted".to_owned());
                    false
                }
                Outcome::GivenUp(count) => {
                    self.settled += 1;
                    self.tell_given_up(&dealt.case, count)?;
                    true
                }
                Outcome::LostBefore(ending) => self.lost_before(hand, dealt, ending).await?,
                Outcome::Ran { transcript, .. } if self.is_lost_unasked(hand, &transcript) => {
                    self.lost_before(hand, dealt, transcript.ending).await?
                }
                Outcome::Ran { transcript, verdicts, took_us } => {
                    self.settled += 1;
                    self.case(hand, dealt.case, *transcript, verdicts, took_us).await?
                }
            };
            if !goes_on {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn tell_given_up(&mut self, case: &Case, count: u32) -> Result<(), Error> {
        if !self.told.insert(kind(case).to_owned()) {
            return Ok(());
        }
        let text = format!("{}: {count} of its cases went unanswered, the rest are left out", kind(case));
        self.log.get_mut().say(Event::Noted { text })
    }

    /// The peer was lost before this case, which is to be run on another. False when the run is over.
    async fn lost_before(&mut self, hand: usize, dealt: Dealt, ending: Ending) -> Result<bool, Error> {
        self.hands[hand].losses += 1;
        self.blame_previous(hand, ending.clone()).await?;
        if self.hands[hand].losses == LOSSES_MAX {
            self.cut = Some("the peer keeps ending by itself".to_owned());
            return Ok(false);
        }
        self.hands[hand].waiting.push_front(dealt);
        self.recover(hand, &ending).await
    }

    /// Says what came of a case, and sees to the peer. False when the run is over.
    async fn case(
        &mut self,
        hand: usize,
        case: Arc<Case>,
        transcript: Transcript,
        verdicts: Vec<Verdict>,
        took_us: u64,
    ) -> Result<bool, Error> {
        let (id, command) = (case.id, case.command.clone());
        self.matrix.case(id, &transcript, took_us);
        let failing = |verdict: &Verdict| {
            verdict.rule.slug == stream::AIM && matches!(verdict.outcome, qmprobe_check::Outcome::Fail(_))
        };
        if is_stream(&case) {
            self.streams.count(Duration::from_micros(took_us), verdicts.iter().any(failing));
        }
        let triage = &self.triage;
        let declared = command.as_deref().filter(|command| self.schema.command(command).is_some());
        let (passed, failed) = self.tally.case(declared, &verdicts, |rule| triage.is_selected(rule));
        let log = self.log.get_mut();
        log.say(Event::CaseEnded { id, command, passed, failed, took_us })?;
        let Hand { runner, history, .. } = &mut self.hands[hand];
        let findings = self.triage.take(runner, &transcript, verdicts, history.make_contiguous()).await?;
        log.report(findings, &mut self.tally)?;
        let ending = transcript.ending.clone();
        let is_history = case.start == Start::Command;
        self.hands[hand].remember(case, transcript, is_history);
        Ok(self.recover(hand, &ending).await? && self.watch_resources(hand).await?)
    }

    /// Whether an agent was gone before the first case sent it anything.
    fn is_lost_unasked(&self, hand: usize, transcript: &Transcript) -> bool {
        let hand = &self.hands[hand];
        let unasked = transcript.exchanges.iter().all(|exchange| exchange.sent.is_empty());
        let first = self.tally.judged() == 0 && hand.previous.is_none() && hand.losses == 0;
        first && unasked && transcript.dialect == Dialect::Qga && transcript.ending != Ending::Alive
    }

    /// The peer ended after a case that had been judged, or after what it was asked before the first: it survived
    /// that less than it seemed.
    async fn blame_previous(&mut self, hand: usize, ending: Ending) -> Result<(), Error> {
        let Hand { runner, previous, history, .. } = &mut self.hands[hand];
        let transcript = match previous.take() {
            Some(previous) => Transcript { ending, ..previous },
            None if self.tally.judged() == 0 => runner.last_question(ending),
            None => return Ok(()),
        };
        let mut verdicts = judge(self.schema, &transcript);
        verdicts.retain(|verdict| verdict.rule.slug == "peer-survives");
        for verdict in &verdicts {
            if matches!(verdict.outcome, qmprobe_check::Outcome::Fail(_)) {
                self.tally.belated_fail(verdict.rule);
            }
        }
        if history.back().is_some_and(|last| Arc::ptr_eq(last, &transcript.case)) {
            history.pop_back();
        }
        let findings = self.triage.take(runner, &transcript, verdicts, history.make_contiguous()).await?;
        self.log.get_mut().report(findings, &mut self.tally)
    }

    /// Makes sure that there is a peer for the next case. False when there is none to be had.
    async fn recover(&mut self, hand: usize, ending: &Ending) -> Result<bool, Error> {
        let reason = match ending {
            Ending::Alive => return Ok(true),
            Ending::Disconnected => "disconnected".to_owned(),
            Ending::Hung => "hung".to_owned(),
            Ending::Exited { status, .. } => status.clone(),
        };
        self.restart(hand, reason).await
    }

    async fn restart(&mut self, hand: usize, reason: String) -> Result<bool, Error> {
        let alone = self.hands.len() == 1;
        let hand = &mut self.hands[hand];
        hand.lose(reason);
        if !alone {
            // The other one works on meanwhile: see `round`.
            return Ok(true);
        }
        hand.restart().await;
        self.tell_restarts()
    }

    /// Says which peers were started anew, in the order of the hands. False when one could not be.
    fn tell_restarts(&mut self) -> Result<bool, Error> {
        for hand in &mut self.hands {
            let Some((reason, started)) = hand.restarted.take() else { continue };
            if let Err(error) = started {
                self.cut = Some(format!("the peer is gone ({reason}): {error}"));
                return Ok(false);
            }
            self.peer_starts += 1;
            self.log.get_mut().say(Event::PeerRestarted { reason })?;
        }
        Ok(true)
    }

    /// Starts a peer of ours anew before it takes the machine's memory, or runs out of file descriptors.
    async fn watch_resources(&mut self, hand: usize) -> Result<bool, Error> {
        if !self.tally.judged().is_multiple_of(LOOK_CASES) {
            return Ok(true);
        }
        let peer = self.hands[hand].runner.peer();
        let (mib, files) = (peer.rss_kib().unwrap_or_default() / 1024, peer.open_files().unwrap_or_default());
        let max = self.options.limits.peer_rss_mib_max;
        if mib > max {
            return self.restart(hand, format!("it had {mib} MiB resident, {max} are allowed")).await;
        }
        let max = self.options.limits.peer_files_max;
        if files > max {
            return self.restart(hand, format!("it had {files} files open, {max} are allowed")).await;
        }
        Ok(true)
    }

    /// Says what is left to say, and the figures.
    async fn finish(mut self, agenda: &Agenda<'_>, planned: u64) -> Result<Summary, Error> {
        let held = match self.hands.first_mut() {
            Some(first) => self.triage.release(&mut first.runner).await?,
            None => Vec::new(),
        };
        let version = self.hands.first().and_then(|hand| hand.runner.version());
        let log = self.log.get_mut();
        log.report(held, &mut self.tally)?;
        if let Some(text) = self.matrix.note() {
            log.say(Event::Noted { text })?;
        }
        log.last_words(&self.triage, &self.tally, self.options.peer.dialect(), version)?;
        for hand in &mut self.hands {
            hand.runner.retire().await;
        }
        let summary = Summary {
            complete: self.cut.is_none(),
            cut: self.cut,
            planned,
            commands_declared: self.schema.commands.len() as u64,
            commands_skipped: agenda.skipped().clone(),
            peer_starts: self.peer_starts,
            seconds: self.began.elapsed().as_secs_f64(),
            recovery: self.matrix.into_rows(),
            ..self.tally.summary()
        };
        self.log.get_mut().say(Event::RunFinished(summary.clone()))?;
        Ok(summary)
    }
}
