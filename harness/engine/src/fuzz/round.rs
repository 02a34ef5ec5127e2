//! One round: a fresh peer, and either a block of the systematic part, or some sequence that once showed something
//! new, changed, and then whatever comes to mind with what the peer has shown to have.

use super::Fuzz;
use super::corpus::{Kept, Shown};
use super::fence::fenced;
use super::ledger::Line;
use super::minimise::{Before, Look};
use super::peers::{Opened, Setup};
use super::recall::Unfinished;
use super::repeats::ROUND_CASES;
use super::suspects::Suspect;
use super::systematic::BLOCK_CASES;
use crate::error::Error;
use crate::event::{Event, Round};
use crate::evidence;
use crate::runner::Ran;
use crate::safety::{Class, class_of};
use qmprobe_check::{Outcome, Verdict, judge};
use qmprobe_generate::Entropy;
use qmprobe_generate::state::shape::{self, Feature};
use qmprobe_generate::state::{Request, mutated, varied};
use qmprobe_wire::{Case, CaseId, Dialect, Ending, Exchange, MessageKind, Start, Step, Transcript, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
/// Kept sequences that a round comes back to, where the peer counts edges.
const GUIDES: usize = 16;
/// Of these, one in so many times others are added, left out or put together with those of another.
const SEQUENCES_ONE_IN: usize = 8;
/// Requests made from nothing in such a round.
const COMPOSED_ONE_IN: usize = 8;
/// Times that a peer may be found gone before one case of a block.
const LOSSES_MAX: u32 = 3;
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
pub(super) enum Kind {
    Survey,
    /// A block of the systematic part.
    Systematic,
    Requests,
    /// The same over and over, to see what it takes up.
    Repeats,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Survey => "survey",
            Kind::Systematic => "systematic",
            Kind::Requests => "requests",
            Kind::Repeats => "repeats",
        }
    }
}

/// A round under way.
pub(super) struct Play {
    pub setup: usize,
    kind: Kind,
    /// The next place in the block.
    next: u64,
    /// Times that the peer was found gone before the case at that place.
    losses: u32,
    entropy: Entropy,
    /// What is sent before anything else.
    queue: VecDeque<Request>,
    /// Kept sequences to go back to whenever there is nothing left of that.
    guides: Vec<Vec<Request>>,
    /// What was sent, and whether it was carried out.
    pub before: Vec<Before>,
    /// Requests that were carried out and may have changed something, the last ones.
    changes: VecDeque<Request>,
    /// The last case, in case the peer turns out to have died of it afterwards.
    last: Option<Transcript>,
    record: Round,
    over: bool,
}

/// The names of the sequences picked, what of them is sent at once, and those to come back to.
type Opening = (Vec<String>, VecDeque<Request>, Vec<Vec<Request>>);

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
        let Some(Opened { kind, setup, block }) = self.open_round().await else { return Ok(()) };
        let began = Instant::now();
        let unfinished = self.unfinished.take();
        let number = match &unfinished {
            Some(unfinished) => unfinished.record.round,
            None => self.goal.shard.nth(self.round),
        };
        let mut entropy = Entropy::new(self.options.run.seed, CHOICES + number);
        self.names(setup).forget();
        let (picks, queue, guides) = match kind {
            Kind::Requests => self.opening(setup, &mut entropy),
            Kind::Survey | Kind::Systematic | Kind::Repeats => Opening::default(),
        };
        if unfinished.is_none() {
            self.round += 1;
            self.blocks += u64::from(block.is_some());
            let (setup, kind) = (self.setups[setup].command_line.clone(), kind.name().to_owned());
            self.log.say(Event::RoundBegan { round: number, setup, kind, block, picks })?;
        }
        self.triage.turn_to(self.shower(setup));
        let fresh = || Round { round: number, block, peer_after: "alive".to_owned(), ..Round::default() };
        let (next, record) = match unfinished {
            Some(Unfinished { next, record, .. }) => (next, record),
            None => (0, fresh()),
        };
        let mut play = Play {
            setup,
            kind,
            next,
            losses: 0,
            entropy,
            queue,
            guides,
            before: Vec::new(),
            changes: VecDeque::new(),
            last: None,
            record,
            over: false,
        };
        while !play.over && !self.is_cut() && !self.is_enough(kind) {
            let Some(draft) = self.draft(&mut play) else { break };
            self.play(&mut play, draft).await?;
            if play.record.cases.is_multiple_of(LOOK_CASES) && self.takes_too_much() {
                break;
            }
        }
        self.close_round(play, began)
    }

    fn close_round(&mut self, play: Play, began: Instant) -> Result<(), Error> {
        if play.kind == Kind::Repeats {
            self.repeats.played(self.round, began.elapsed());
        }
        if play.kind == Kind::Systematic {
            self.in_blocks += began.elapsed();
            if self.cut.is_some() && play.next < BLOCK_CASES {
                // Whoever resumes goes on with it.
                return Ok(());
            }
        }
        let mut record = play.record;
        record.edges = self.edges.taken();
        record.names = self.setups[play.setup].names.len().0 as u64;
        record.took_us += u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.log.say(Event::RoundEnded(record))?;
        self.ledger.clear()
    }

    /// What the next round is about. Blocks are slow: they get their part, and no more.
    pub(super) fn kind(&self, setup: usize) -> Kind {
        match () {
            () if self.goal.has_requests() && !self.setups[setup].survey.is_over() => Kind::Survey,
            () if self.goal.is_block_due(self.progress()) => Kind::Systematic,
            () => Kind::Requests,
        }
    }

    /// Whether a round that could go on for any time has to end. A block is played to its end.
    fn is_enough(&self, kind: Kind) -> bool {
        let at = self.progress();
        kind != Kind::Systematic && (self.goal.requests_left(at) == Some(0) || self.goal.is_reached(at))
    }

    /// What the round begins with: half the time a kept sequence, changed with another at hand. Where the peer counts
    /// edges, several sequences that it comes back to.
    fn opening(&mut self, setup: usize, entropy: &mut Entropy) -> Opening {
        let named = |kept: &Kept| (kept.name.clone(), kept.requests.clone());
        if self.options.coverage.is_some() {
            let picked = (0..GUIDES).filter_map(|_| self.corpus.guide(&self.edges, entropy).map(named));
            let (names, guides) = picked.unzip();
            return (names, VecDeque::new(), guides);
        }
        if entropy.coin() {
            return Opening::default();
        }
        let picked = (0..2).filter_map(|_| self.corpus.pick(&self.novelty, entropy).map(named));
        let (names, sequences): (Vec<String>, Vec<Vec<Request>>) = picked.unzip();
        let [one, other] = sequences.as_slice() else { return Opening::default() };
        let Setup { names: known, composer, .. } = &mut self.setups[setup];
        let queue = mutated(one, other, composer, known, entropy);
        (names, queue.into(), Vec::new())
    }

    /// Queues a changed sequence, now and then, where there are some to come back to.
    fn refill(&mut self, play: &mut Play) {
        let Play { queue, guides, entropy, .. } = play;
        if !queue.is_empty() || guides.is_empty() || entropy.once_in(COMPOSED_ONE_IN) {
            return;
        }
        let Setup { names, composer, .. } = &mut self.setups[play.setup];
        let one = &guides[entropy.below(guides.len())];
        *queue = match entropy.once_in(SEQUENCES_ONE_IN) {
            true => mutated(one, &guides[entropy.below(guides.len())], composer, names, entropy).into(),
            false => varied(one, composer, names, entropy).into(),
        };
    }

    /// The next case; `None` when the round is over.
    fn draft(&mut self, play: &mut Play) -> Option<Draft> {
        match play.kind {
            Kind::Systematic => return self.draft_of_block(play),
            Kind::Requests => self.refill(play),
            Kind::Survey | Kind::Repeats => {}
        }
        let nth = play.record.cases;
        let id = CaseId {
            seed: self.options.run.seed,
            index: FIRST_INDEX + play.record.round * SURVEY_CASES + nth,
        };
        let Setup { names, survey, composer, .. } = &mut self.setups[play.setup];
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
            Kind::Repeats if nth < ROUND_CASES => {
                let (case, request) = self.repeats.next(play.setup, id)?;
                return Some(Draft { case: Arc::new(case), request: Some(request), composed: false });
            }
            Kind::Requests if nth < CASES => {}
            _ => return None,
        }
        if play.entropy.once_in(SYSTEMATIC_ONE_IN)
            && let Some(case) = self.systematic.quick(id.index, names, &mut play.entropy)
        {
            return Some(Draft { case: Arc::new(case), request: None, composed: false });
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

    /// The next case of a block that may be sent.
    fn draft_of_block(&self, play: &mut Play) -> Option<Draft> {
        let first = play.record.block? * BLOCK_CASES;
        while play.next < BLOCK_CASES && first + play.next < self.goal.systematic_cases() {
            play.next += 1;
            if let Some(case) = self.systematic.case(first + play.next - 1) {
                return Some(Draft { case: Arc::new(case), request: None, composed: false });
            }
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
                self.blame_last(play, ending).await?;
                if play.kind == Kind::Systematic && play.losses < LOSSES_MAX {
                    play.losses += 1;
                    play.next -= 1;
                }
                self.go_on(play).await;
                Ok(())
            }
            Ran::Through(transcript) => {
                let verdicts = judge(self.schema, &transcript);
                let mut line = self.count(play, &draft, &verdicts);
                let (accepted, kept) = self.learn(play, &draft, &transcript).await?;
                if transcript.ending != Ending::Alive {
                    self.peer_is_lost(play, &transcript.ending);
                }
                line.signatures = self.look_into(play, &transcript, verdicts, false).await?;
                line.kept = kept;
                line.add_to(&mut play.record);
                self.ledger.append(&line)?;
                play.losses = 0;
                play.before.push(Before { case: draft.case, accepted });
                play.last = Some(transcript);
                self.go_on(play).await;
                Ok(())
            }
        }
    }

    /// The peer ended after the last case had been judged: it survived that less than it seemed.
    async fn blame_last(&mut self, play: &mut Play, ending: Ending) -> Result<(), Error> {
        let Some(last) = play.last.take() else { return Ok(()) };
        play.before.pop();
        let transcript = Transcript { ending, ..last };
        let mut verdicts = judge(self.schema, &transcript);
        verdicts.retain(|verdict| verdict.rule.slug == SURVIVAL);
        for verdict in verdicts.iter().filter(|verdict| is_fail(verdict)) {
            self.tally.belated_fail(verdict.rule);
            play.record.rules.entry(verdict.rule.slug.to_owned()).or_default().1 += 1;
        }
        for signature in self.look_into(play, &transcript, verdicts, true).await? {
            *play.record.signatures.entry(signature).or_default() += 1;
        }
        Ok(())
    }

    /// A block whose peer is lost goes on with another: what is due in it does not depend on the case before.
    async fn go_on(&mut self, play: &mut Play) {
        if self.lost && play.kind == Kind::Systematic && self.reopen(play.setup).await {
            play.over = false;
            play.before.clear();
            play.last = None;
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

    /// Counts what the rules say of a case.
    fn count(&mut self, play: &Play, draft: &Draft, verdicts: &[Verdict]) -> Line {
        let command = draft.request.as_ref().map(|request| request.command.as_str());
        let first = command.filter(|command| !self.tally.has_run(command)).map(str::to_owned);
        let triage = &self.triage;
        let (passed, failed) = self.tally.case(command, verdicts, |rule| triage.is_selected(rule));
        Line {
            round: play.record.round,
            next: play.next,
            command: first,
            passed: self.ledger.places(&passed),
            failed: self.ledger.places(&failed),
            ..Line::default()
        }
    }

    /// Takes in what a case showed. Returns whether its request was carried out, and whether it is kept.
    async fn learn(
        &mut self,
        play: &mut Play,
        draft: &Draft,
        transcript: &Transcript,
    ) -> Result<(bool, bool), Error> {
        let edges = self.runner.peer().coverage().map(|map| self.edges.take(map)).unwrap_or_default();
        let Some(request) = draft.request.as_ref() else { return Ok((false, false)) };
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
        if matches!(play.kind, Kind::Survey | Kind::Repeats) {
            return Ok((accepted, false));
        }
        let shape = features(composer, request);
        let (features, is_new) = self.novelty.take(&request.command, &shape, transcript);
        let is_new = if self.options.coverage.is_some() { !edges.is_empty() } else { is_new };
        let mut kept = false;
        if is_new && transcript.ending == Ending::Alive {
            let alone = !edges.is_empty() && self.takes_alone(play.setup, request, &edges).await;
            let before = play.changes.iter().filter(|_| !alone);
            let sequence = before.chain([request]).cloned().collect();
            kept = self.corpus.keep(sequence, Shown { features, edges })?;
        }
        if let Some(reply) = replies().next().filter(|_| transcript.ending == Ending::Alive) {
            let took = Duration::from_micros(transcript.exchanges.iter().map(took_us).sum());
            self.repeats.offer(play.setup, request, reply, took, &play.changes);
        }
        if accepted && class_of(&request.command) != Class::Observing {
            if play.changes.len() == KEPT_BEFORE_MAX {
                play.changes.pop_front();
            }
            play.changes.push_back(request.clone());
        }
        Ok((accepted, kept))
    }

    /// Makes findings of what failed: of what is new, the smallest sequence that shows it. Returns the signatures.
    async fn look_into(
        &mut self,
        play: &Play,
        transcript: &Transcript,
        verdicts: Vec<Verdict>,
        late: bool,
    ) -> Result<Vec<String>, Error> {
        let (mut known, mut signatures) = (Vec::new(), Vec::new());
        for verdict in verdicts {
            let Outcome::Fail(breach) = &verdict.outcome else { continue };
            if is_orderly(transcript) && verdict.rule.slug == SURVIVAL {
                continue;
            }
            let signature = evidence::signature(verdict.rule, breach, transcript);
            self.tally.signature(&signature);
            signatures.push(signature.clone());
            let is_new = self.triage.is_selected(verdict.rule.slug) && !self.triage.has_met(&signature);
            if is_new && self.options.run.peer.ours() {
                let lost = transcript.ending != Ending::Alive;
                let hangs = transcript.ending == Ending::Hung;
                let look = Look { signature, lost, hangs, late };
                let (before, case) = (play.before.clone(), Arc::clone(&transcript.case));
                let suspect = Suspect { setup: play.setup, look, before, case };
                self.follow(&suspect, transcript, verdict).await?;
                continue;
            }
            if transcript.ending != Ending::Alive {
                self.shun(&signature, &transcript.case, false);
            }
            known.push(verdict);
        }
        if !known.is_empty() {
            let findings = self.triage.take(&mut self.runner, transcript, known, &[]).await?;
            self.log.report(findings, &mut self.tally)?;
        }
        Ok(signatures)
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

/// Microseconds from a request to the last of what came of it.
fn took_us(exchange: &Exchange) -> u64 {
    exchange.received.last().map_or(0, |last| last.at_us.saturating_sub(exchange.sent_us))
}

fn is_fail(verdict: &Verdict) -> bool {
    matches!(verdict.outcome, Outcome::Fail(_))
}

pub(super) fn case(id: CaseId, request: &Request, by_line: bool) -> Arc<Case> {
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
