//! One round: a fresh peer, some sequence that once showed something new, changed, and then whatever comes to
//! mind with what the peer has shown to have.

use super::Fuzz;
use super::fence::fenced;
use super::minimise::Before;
use super::peers::Setup;
use crate::error::Error;
use crate::event::{Event, Round};
use crate::evidence;
use crate::runner::Ran;
use crate::safety::{Class, class_of};
use qmprobe_check::{Outcome, Verdict, judge};
use qmprobe_generate::Entropy;
use qmprobe_generate::state::shape::{self, Feature};
use qmprobe_generate::state::{Request, mutated};
use qmprobe_wire::{Case, CaseId, Dialect, Ending, MessageKind, Start, Step, Transcript, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

/// Cases of a round.
const CASES: u64 = 192;
/// Cases of a round that surveys.
const SURVEY_CASES: u64 = 1 << 12;
/// Rounds count from here among the choices of a seed.
const CHOICES: u64 = 1 << 51;
/// Cases count from here, so that they share no id with those of a check; each round has room for
/// [`SURVEY_CASES`].
const FIRST_INDEX: u64 = 1 << 42;
/// Requests thrown away for each that is sent, at most.
const REDRAWS_MAX: u32 = 16;
/// One case in so many is one of a check.
const SYSTEMATIC_ONE_IN: usize = 12;
/// Cases of a round that is about sessions.
const SESSION_CASES: u64 = 48;
/// One round in so many is about sessions, where cases are counted.
const SESSIONS_ONE_IN: u64 = 4;
/// The same part of the time, where that is.
const SESSIONS_TIME_ONE_IN: u32 = 12;
/// Of a kept sequence, the requests before the one that showed something new.
const KEPT_BEFORE_MAX: usize = 8;
/// Cases between two looks at what the peer takes up.
const LOOK_CASES: u64 = 48;
/// The rule about peers that are lost.
const SURVIVAL: &str = "peer-survives";
/// MiB that a peer may have written to its directory.
const SCRATCH_MIB_MAX: u64 = 512;

/// What a round is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Survey,
    Sessions,
    Requests,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Survey => "survey",
            Kind::Sessions => "sessions",
            Kind::Requests => "requests",
        }
    }
}

/// A round under way.
pub(super) struct Play {
    pub setup: usize,
    kind: Kind,
    entropy: Entropy,
    /// What is sent before anything else.
    queue: VecDeque<Request>,
    /// What was sent, and whether it was carried out.
    pub before: Vec<Before>,
    /// Requests that were carried out and may have changed something, the last ones.
    changes: VecDeque<Request>,
    /// The last case, in case the peer turns out to have died of it afterwards.
    last: Option<Transcript>,
    record: Round,
    over: bool,
}

/// A case with what it was made of.
struct Draft {
    case: Arc<Case>,
    request: Option<Request>,
    /// Made from nothing, so that what comes of it teaches something of the choices.
    composed: bool,
}

impl Fuzz<'_> {
    /// Plays the next round.
    pub(super) async fn play_round(&mut self) -> Result<(), Error> {
        let Some(setup) = self.open_round().await else { return Ok(()) };
        let began = Instant::now();
        let number = self.round;
        self.round += 1;
        let shower = (self.setups[setup].spec.clone(), self.setups[setup].command_line.clone());
        let mut entropy = Entropy::new(self.options.run.seed, CHOICES + number);
        self.names(setup).forget();
        let kind = self.kind(setup, number);
        let (picks, queue) = match kind {
            Kind::Requests => self.opening(setup, &mut entropy),
            Kind::Survey | Kind::Sessions => (Vec::new(), VecDeque::new()),
        };
        let (setup_line, kind_name) = (shower.1.clone(), kind.name().to_owned());
        self.log.say(Event::RoundBegan { round: number, setup: setup_line, kind: kind_name, picks })?;
        self.triage.turn_to(shower);
        let mut play = Play {
            setup,
            kind,
            entropy,
            queue,
            before: Vec::new(),
            changes: VecDeque::new(),
            last: None,
            record: Round { round: number, peer_after: "alive".to_owned(), ..Round::default() },
            over: false,
        };
        while !play.over && !self.is_over() {
            let Some(draft) = self.draft(&mut play) else { break };
            self.play(&mut play, draft).await?;
            if play.record.cases.is_multiple_of(LOOK_CASES) && self.takes_too_much() {
                break;
            }
        }
        let mut record = play.record;
        record.names = self.setups[setup].names.len().0 as u64;
        record.took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        if kind == Kind::Sessions {
            self.in_sessions += began.elapsed();
        }
        self.log.say(Event::RoundEnded(record))
    }

    /// What a round is about. Cases of sessions are slow: they get their part, and no more.
    fn kind(&self, setup: usize, round: u64) -> Kind {
        if !self.setups[setup].survey.is_over() {
            return Kind::Survey;
        }
        let due = match self.options.run.max_cases {
            Some(_) => round % SESSIONS_ONE_IN == SESSIONS_ONE_IN - 1,
            None => self.in_sessions < self.began.elapsed() / SESSIONS_TIME_ONE_IN,
        };
        if due && self.systematic.has_sessions() { Kind::Sessions } else { Kind::Requests }
    }

    /// What the round begins with: half the time a kept sequence, changed with another at hand.
    fn opening(&mut self, setup: usize, entropy: &mut Entropy) -> (Vec<String>, VecDeque<Request>) {
        if entropy.coin() {
            return (Vec::new(), VecDeque::new());
        }
        let mut picked = Vec::new();
        for _ in 0..2 {
            let kept = self.corpus.pick(&self.novelty, entropy);
            picked.extend(kept.map(|kept| (kept.name.clone(), kept.requests.clone())));
        }
        let (names, sequences): (Vec<String>, Vec<Vec<Request>>) = picked.into_iter().unzip();
        let [one, other] = sequences.as_slice() else { return (Vec::new(), VecDeque::new()) };
        let Setup { names: known, composer, .. } = &mut self.setups[setup];
        let queue = mutated(one, other, composer, known, entropy);
        (names, queue.into())
    }

    /// The next case; `None` when the round is over.
    fn draft(&mut self, play: &mut Play) -> Option<Draft> {
        let nth = play.record.cases;
        let id = CaseId {
            seed: self.options.run.seed,
            index: FIRST_INDEX + play.record.round * SURVEY_CASES + nth,
        };
        let Setup { names, survey, composer, .. } = &mut self.setups[play.setup];
        let of_check = |case: Case| Draft { case: Arc::new(case), request: None, composed: false };
        let by_line = self.by_line;
        let of = |request: Request, composed| Draft {
            case: case(id, &request, by_line),
            request: Some(request),
            composed,
        };
        match play.kind {
            Kind::Survey if nth < SURVEY_CASES => {
                return survey.next(self.schema, self.gate, names).map(|request| of(request, false));
            }
            Kind::Sessions if nth < SESSION_CASES => return self.systematic.of_session().map(of_check),
            Kind::Requests if nth < CASES => {}
            _ => return None,
        }
        if play.entropy.once_in(SYSTEMATIC_ONE_IN)
            && let Some(case) = self.systematic.quick(id.index, names, &mut play.entropy)
        {
            return Some(of_check(case));
        }
        let now = self.tally.judged();
        for _ in 0..REDRAWS_MAX {
            let queued = play.queue.pop_front();
            let composed = queued.is_none();
            let request = match queued {
                Some(request) => request,
                None => composer.next(&mut play.entropy, names)?,
            };
            let Some(request) = fenced(request, names) else { continue };
            let watched = self.avoid.watches(&request.command);
            let shape = if watched { features(composer, &request) } else { Vec::new() };
            if watched && self.avoid.blocks(&request.command, &shape, now) {
                continue;
            }
            return Some(of(request, composed));
        }
        None
    }

    /// Runs and judges a case.
    async fn play(&mut self, play: &mut Play, draft: Draft) -> Result<(), Error> {
        let ran = self.runner.run(&draft.case).await;
        // What comes late is sorted out when it is looked into; to listen after every case costs ten of them.
        self.runner.pause(0);
        match ran {
            Ran::Stopped => {
                self.cut = Some("interrupted".to_owned());
                play.over = true;
                Ok(())
            }
            Ran::LostBefore(ending) => {
                self.peer_is_lost(play, &ending);
                let Some(last) = play.last.take() else { return Ok(()) };
                play.before.pop();
                let transcript = Transcript { ending, ..last };
                let mut verdicts = judge(self.schema, &transcript);
                verdicts.retain(|verdict| verdict.rule.slug == SURVIVAL);
                for verdict in verdicts.iter().filter(|verdict| is_fail(verdict)) {
                    self.tally.belated_fail(verdict.rule);
                }
                self.look_into(play, &transcript, verdicts, true).await
            }
            Ran::Through(transcript) => {
                let verdicts = judge(self.schema, &transcript);
                self.count(play, &draft, &verdicts);
                let accepted = self.learn(play, &draft, &transcript)?;
                if transcript.ending != Ending::Alive {
                    self.peer_is_lost(play, &transcript.ending);
                }
                self.look_into(play, &transcript, verdicts, false).await?;
                play.before.push(Before { case: draft.case, accepted });
                play.last = Some(transcript);
                Ok(())
            }
        }
    }

    fn peer_is_lost(&mut self, play: &mut Play, ending: &Ending) {
        self.lost = true;
        play.over = true;
        play.record.peer_after = match ending {
            Ending::Alive => "alive".to_owned(),
            Ending::Disconnected => "disconnected".to_owned(),
            Ending::Hung => "hung".to_owned(),
            Ending::Exited { status, .. } => status.clone(),
        };
    }

    fn count(&mut self, play: &mut Play, draft: &Draft, verdicts: &[Verdict]) {
        let command = draft.request.as_ref().map(|request| request.command.as_str());
        if let Some(command) = command.filter(|command| !self.tally.has_run(command)) {
            play.record.commands.push(command.to_owned());
        }
        let triage = &self.triage;
        let (passed, failed) = self.tally.case(command, verdicts, |rule| triage.is_selected(rule));
        play.record.cases += 1;
        for rule in passed {
            play.record.rules.entry(rule).or_default().0 += 1;
        }
        for rule in failed {
            play.record.rules.entry(rule).or_default().1 += 1;
        }
    }

    /// Takes in what a case showed. Returns whether its request was carried out.
    fn learn(&mut self, play: &mut Play, draft: &Draft, transcript: &Transcript) -> Result<bool, Error> {
        let Some(request) = &draft.request else { return Ok(false) };
        let replies = || transcript.exchanges.iter().flat_map(|exchange| exchange.replies());
        let returned = replies().find(|reply| reply.kind == MessageKind::Return);
        let returned: Option<&Value> = returned.and_then(|reply| reply.get("return"));
        let accepted = returned.is_some();
        let Setup { names, survey, composer, .. } = &mut self.setups[play.setup];
        if draft.composed {
            let bytes = replies().map(|reply| reply.bytes.len()).sum();
            composer.report(&request.command, accepted, bytes);
        }
        if play.kind == Kind::Survey {
            survey.report(&request.command, accepted);
        }
        if let Some(returned) = returned {
            names.learn(&request.command, request.arguments.as_ref(), returned);
        }
        if play.kind == Kind::Survey {
            return Ok(accepted);
        }
        let shape = features(composer, request);
        let (features, is_new) = self.novelty.take(&request.command, &shape, transcript);
        if is_new && transcript.ending == Ending::Alive {
            let sequence = play.changes.iter().chain([request]).cloned().collect();
            play.record.kept += u64::from(self.corpus.keep(sequence, features)?);
        }
        if accepted && class_of(&request.command) != Class::Observing {
            if play.changes.len() == KEPT_BEFORE_MAX {
                play.changes.pop_front();
            }
            play.changes.push_back(request.clone());
        }
        Ok(accepted)
    }

    /// Makes findings of what failed: of what is new, the smallest sequence that shows it.
    async fn look_into(
        &mut self,
        play: &Play,
        transcript: &Transcript,
        verdicts: Vec<Verdict>,
        late: bool,
    ) -> Result<(), Error> {
        let mut known = Vec::new();
        for verdict in verdicts {
            let Outcome::Fail(breach) = &verdict.outcome else { continue };
            if is_orderly(transcript) && verdict.rule.slug == SURVIVAL {
                continue;
            }
            let signature = evidence::signature(verdict.rule, breach, transcript);
            let is_new = self.triage.is_selected(verdict.rule.slug) && !self.triage.has_met(&signature);
            if is_new && self.options.run.peer.ours() {
                self.minimise(play, transcript, verdict, &signature, late).await?;
                continue;
            }
            if transcript.ending != Ending::Alive {
                self.shun(&signature, &transcript.case, false);
            }
            known.push(verdict);
        }
        if known.is_empty() {
            return Ok(());
        }
        let findings = self.triage.take(&mut self.runner, transcript, known, &[]).await?;
        self.log.report(findings, &mut self.tally)
    }

    /// Keeps the last request of a case from being sent again for a while.
    pub(super) fn shun(&mut self, signature: &str, case: &Case, others: bool) {
        let mut sent = case.steps.iter().rev().filter_map(|step| match step {
            Step::Send(bytes) => Request::read(bytes),
            _ => None,
        });
        let Some(request) = sent.next() else { return };
        let shape = features(&self.setups[0].composer, &request);
        self.avoid.note(signature, &request.command, &shape, others, self.tally.judged());
    }

    /// Whether the peer takes up more than it may: then the round is over.
    fn takes_too_much(&self) -> bool {
        let (peer, limits) = (self.runner.peer(), &self.options.run.limits);
        peer.rss_kib().unwrap_or_default() / 1024 > limits.peer_rss_mib_max
            || peer.open_files().unwrap_or_default() > limits.peer_files_max
            || peer.scratch().is_some_and(|scratch| mib_in(scratch) > SCRATCH_MIB_MAX)
    }
}

/// MiB that the files of a directory take up.
fn mib_in(directory: &std::path::Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|facts| facts.blocks() * 512).sum::<u64>() >> 20
}

/// Whether a monitor's peer ended as it does when it is shut down, by whatever was set or pressed before: a
/// made-up sequence may well have asked for that.
fn is_orderly(transcript: &Transcript) -> bool {
    let ended = matches!(transcript.ending, Ending::Exited { signalled: false, code: Some(0), .. });
    ended && transcript.dialect == Dialect::Qmp
}

fn is_fail(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Fail(_))
}

fn case(id: CaseId, request: &Request, by_line: bool) -> Arc<Case> {
    let mut bytes = request.bytes(i64::try_from(id.index % SURVEY_CASES).ok());
    if by_line {
        bytes.push(b'\n');
    }
    Arc::new(Case {
        id,
        name: format!("{}: made up", request.command),
        command: Some(request.command.clone()),
        aim: None,
        start: Start::Command,
        steps: vec![Step::Send(bytes)],
    })
}

fn features(composer: &qmprobe_generate::state::Composer<'_>, request: &Request) -> Vec<Feature> {
    let arguments = request.arguments.as_ref();
    arguments.map(|arguments| shape::features(arguments, &|word| composer.is_word(word))).unwrap_or_default()
}
