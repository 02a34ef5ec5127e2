//! One campaign: from a peer to the last event. Every event is in the journal before anybody hears of it.

use crate::acquaintance::Acquaintance;
use crate::clock;
use crate::error::Error;
use crate::event::{Event, Summary};
use crate::journal::Journal;
use crate::log::Log;
use crate::plan::Agenda;
use crate::recovery::{FOREIGN_SWEEP_MS, Matrix};
use crate::runner::{Ran, Runner};
use crate::safety::Class;
use crate::streams::Streams;
use crate::tally::Tally;
use crate::triage::{Bench, Triage};
use crate::waivers::{Waiver, Waivers};
use qmprobe_check::{Verdict, judge};
use qmprobe_generate::stream;
use qmprobe_schema::Schema;
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Case, Dialect, Ending, ExchangeEnd, Limits, Start, Transcript};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Cases in a row without any reply after which the peer is given up.
const SILENT_CASES_MAX: u32 = 5;
/// Times that a peer may end by itself before one case.
const LOSSES_MAX: u32 = 3;
/// Cases of one kind that may go unanswered; the rest of them would cost their time and tell nothing new.
const TIMEOUTS_PER_KIND_MAX: u32 = 4;
/// Cases of any kind that may go unanswered before one of a kind is enough.
const TIMEOUTS_MAX: u32 = 16;
/// Cases kept in case that they only together end the peer.
const HISTORY_CASES: usize = 4096;
/// Cases between two looks at a peer's memory.
const LOOK_CASES: u64 = 50;

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
        previous: None,
        history: VecDeque::with_capacity(HISTORY_CASES),
        timeouts: HashMap::new(),
        streams: Streams::new(sweep_ms.map(Duration::from_millis)),
        matrix: Matrix::new(agenda.trials(), sweep_ms),
        peer_starts: 1,
        cut: None,
        options: &options,
        schema: &schema,
        stop,
        began,
        runner,
        log,
    };
    for case in agenda.cases() {
        if campaign.is_over() || !campaign.is_given_up(&case)? && !campaign.case(case).await? {
            break;
        }
    }
    campaign.finish(&agenda, planned).await
}

/// What cases have in common that time out together.
fn kind(case: &Case) -> &str {
    case.aim.as_deref().or(case.command.as_deref()).unwrap_or_default()
}

fn is_stream(case: &Case) -> bool {
    case.aim.as_deref() == Some(stream::AIM)
}

/// The cases of one kind that timed out.
#[derive(Debug, Default)]
struct Timeouts {
    count: u32,
    /// It was said that the rest of them are left out.
    told: bool,
}

/// A campaign under way.
struct Campaign<'a> {
    options: &'a Options,
    schema: &'a Schema,
    stop: watch::Receiver<bool>,
    began: Instant,
    runner: Runner,
    log: Log<'a>,
    triage: Triage,
    tally: Tally,
    /// The last case, in case the peer turns out to have died of it afterwards.
    previous: Option<Transcript>,
    /// The last cases that the peer went through in command mode, the newest last.
    history: VecDeque<Arc<Case>>,
    /// Cases that timed out, by the rule that they aim at, else by their command.
    timeouts: HashMap<String, Timeouts>,
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
        let judged = self.tally.judged();
        let cut = if *self.stop.borrow() {
            "interrupted".to_owned()
        } else if self.options.time.is_some_and(|time| self.began.elapsed() >= time) {
            let seconds = self.options.time.unwrap_or_default().as_secs();
            format!("the time of {seconds} s was up")
        } else if self.options.max_cases.is_some_and(|max| judged >= max) {
            format!("{judged} cases were allowed")
        } else if self.runner.silent_cases() >= SILENT_CASES_MAX {
            format!("the peer no longer answers: {SILENT_CASES_MAX} cases in a row got no reply")
        } else {
            return false;
        };
        self.cut = Some(cut);
        true
    }

    /// Whether cases of this kind have come to nothing too often.
    fn is_given_up(&mut self, case: &Case) -> Result<bool, Error> {
        if is_stream(case) && self.streams.are_over() {
            if let Some(text) = self.streams.note() {
                self.log.say(Event::Noted { text })?;
            }
            return Ok(true);
        }
        if self.matrix.gives_up(case) {
            return Ok(true);
        }
        let many = self.timeouts.values().map(|timeouts| timeouts.count).sum::<u32>() >= TIMEOUTS_MAX;
        let max = if many { 1 } else { TIMEOUTS_PER_KIND_MAX };
        let Some(timeouts) = self.timeouts.get_mut(kind(case)).filter(|timeouts| timeouts.count >= max)
        else {
            return Ok(false);
        };
        if !std::mem::replace(&mut timeouts.told, true) {
            let count = timeouts.count;
            let text = format!("{}: {count} of its cases went unanswered, the rest are left out", kind(case));
            self.log.say(Event::Noted { text })?;
        }
        Ok(true)
    }

    /// Runs and judges one case. False when the run is over.
    async fn case(&mut self, case: Case) -> Result<bool, Error> {
        let case = Arc::new(case);
        let (id, name, command) = (case.id, case.name.clone(), case.command.clone());
        self.log.say(Event::CaseBegan { id, name, command: command.clone() })?;
        let began = Instant::now();
        let mut losses = 0;
        let transcript = loop {
            let ran = match self.runner.run(&case).await {
                Ran::Through(transcript) if losses == 0 && self.is_lost_unasked(&transcript) => {
                    Ran::LostBefore(transcript.ending)
                }
                ran => ran,
            };
            match ran {
                Ran::Through(transcript) => break transcript,
                Ran::Stopped => {
                    self.cut = Some("interrupted".to_owned());
                    return Ok(false);
                }
                Ran::LostBefore(ending) => {
                    losses += 1;
                    self.blame_previous(ending.clone()).await?;
                    if losses == LOSSES_MAX {
                        self.cut = Some("the peer keeps ending by itself".to_owned());
                        return Ok(false);
                    }
                    if !self.recover(&ending).await? {
                        return Ok(false);
                    }
                }
            }
        };
        let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.matrix.case(id, &transcript, took_us);
        let verdicts = judge(self.schema, &transcript);
        let failing = |verdict: &Verdict| {
            verdict.rule.slug == stream::AIM && matches!(verdict.outcome, qmprobe_check::Outcome::Fail(_))
        };
        if is_stream(&case) {
            self.streams.count(Duration::from_micros(took_us), verdicts.iter().any(failing));
        }
        let triage = &self.triage;
        let declared = command.as_deref().filter(|command| self.schema.command(command).is_some());
        let (passed, failed) = self.tally.case(declared, &verdicts, |rule| triage.is_selected(rule));
        self.log.say(Event::CaseEnded { id, command, passed, failed, took_us })?;
        let history = self.history.make_contiguous();
        let findings = self.triage.take(&mut self.runner, &transcript, verdicts, history).await?;
        self.log.report(findings, &mut self.tally)?;
        let ending = transcript.ending.clone();
        if transcript.exchanges.iter().any(|exchange| matches!(exchange.end, ExchangeEnd::TimedOut { .. })) {
            self.timeouts.entry(kind(&case).to_owned()).or_default().count += 1;
        }
        if case.start == Start::Command {
            if self.history.len() == HISTORY_CASES {
                self.history.pop_front();
            }
            self.history.push_back(case);
        }
        self.previous = Some(transcript);
        Ok(self.recover(&ending).await? && self.watch_resources().await?)
    }

    /// Whether an agent was gone before the first case sent it anything.
    fn is_lost_unasked(&self, transcript: &Transcript) -> bool {
        let unasked = transcript.exchanges.iter().all(|exchange| exchange.sent.is_empty());
        let first = self.tally.judged() == 0 && self.previous.is_none();
        first && unasked && transcript.dialect == Dialect::Qga && transcript.ending != Ending::Alive
    }

    /// The peer ended after a case that had been judged, or after what it was asked before the first: it survived
    /// that less than it seemed.
    async fn blame_previous(&mut self, ending: Ending) -> Result<(), Error> {
        let transcript = match self.previous.take() {
            Some(previous) => Transcript { ending, ..previous },
            None if self.tally.judged() == 0 => self.runner.last_question(ending),
            None => return Ok(()),
        };
        let mut verdicts = judge(self.schema, &transcript);
        verdicts.retain(|verdict| verdict.rule.slug == "peer-survives");
        for verdict in &verdicts {
            if matches!(verdict.outcome, qmprobe_check::Outcome::Fail(_)) {
                self.tally.belated_fail(verdict.rule);
            }
        }
        if self.history.back().is_some_and(|last| Arc::ptr_eq(last, &transcript.case)) {
            self.history.pop_back();
        }
        let history = self.history.make_contiguous();
        let findings = self.triage.take(&mut self.runner, &transcript, verdicts, history).await?;
        self.log.report(findings, &mut self.tally)
    }

    /// Makes sure that there is a peer for the next case. False when there is none to be had.
    async fn recover(&mut self, ending: &Ending) -> Result<bool, Error> {
        let reason = match ending {
            Ending::Alive => return Ok(true),
            Ending::Disconnected => "disconnected".to_owned(),
            Ending::Hung => "hung".to_owned(),
            Ending::Exited { status, .. } => status.clone(),
        };
        self.restart(reason).await
    }

    async fn restart(&mut self, reason: String) -> Result<bool, Error> {
        self.previous = None;
        self.history.clear();
        if let Err(error) = self.runner.restart().await {
            self.cut = Some(format!("the peer is gone ({reason}): {error}"));
            return Ok(false);
        }
        self.peer_starts += 1;
        self.log.say(Event::PeerRestarted { reason })?;
        Ok(true)
    }

    /// Starts a peer of ours anew before it takes the machine's memory, or runs out of file descriptors.
    async fn watch_resources(&mut self) -> Result<bool, Error> {
        if !self.tally.judged().is_multiple_of(LOOK_CASES) {
            return Ok(true);
        }
        let mib = self.runner.peer().rss_kib().unwrap_or_default() / 1024;
        let max = self.options.limits.peer_rss_mib_max;
        if mib > max {
            return self.restart(format!("it had {mib} MiB resident, {max} are allowed")).await;
        }
        let files = self.runner.peer().open_files().unwrap_or_default();
        let max = self.options.limits.peer_files_max;
        if files > max {
            return self.restart(format!("it had {files} files open, {max} are allowed")).await;
        }
        Ok(true)
    }

    /// Says what is left to say, and the figures.
    async fn finish(mut self, agenda: &Agenda<'_>, planned: u64) -> Result<Summary, Error> {
        let held = self.triage.release(&mut self.runner).await?;
        self.log.report(held, &mut self.tally)?;
        if let Some(text) = self.matrix.note() {
            self.log.say(Event::Noted { text })?;
        }
        self.log.last_words(&self.triage, &self.tally, self.options.peer.dialect(), self.runner.version())?;
        self.runner.retire().await;
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
        self.log.say(Event::RunFinished(summary.clone()))?;
        Ok(summary)
    }
}
