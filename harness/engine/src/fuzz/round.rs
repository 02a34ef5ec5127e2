//! One round: a fresh peer, and either a block of the systematic part, or some sequence that once showed something
//! new, changed, and then whatever comes to mind with what the peer has shown to have.

use super::Fuzz;
use super::burst::{blamed, lost_in};
use super::corpus::Shown;
use super::draft::{Draft, Made, Opening, features};
use super::job::Job;
use super::ledger::Line;
use super::peers::{Opened, Setup};
use super::play::{Kind, Play};
use super::recall::Unfinished;
use super::suspects::{Before, Look, Suspect};
use super::systematic::BLOCK_CASES;
use crate::error::Error;
use crate::event::{Event, Round};
use crate::evidence;
use crate::runner::Ran;
use qmprobe_check::{Outcome, Verdict, judge};
use qmprobe_generate::Entropy;
use qmprobe_generate::state::Request;
use qmprobe_wire::{Dialect, Ending, Exchange, Message, MessageKind, Transcript, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Rounds count from here among the choices of a seed.
const CHOICES: u64 = 1 << 51;
/// Times that a peer may be found gone before one case of a block.
const LOSSES_MAX: u32 = 3;
/// Cases between two looks at what the peer takes up.
const LOOK_CASES: u64 = 48;
/// Time after which a round of repetition has no further case: each takes long, and far longer on a busy machine.
const REPEATS_TIME: Duration = Duration::from_secs(1);
/// Cases for which a finding waits for what else may explain it.
const HELD_CASES: u64 = 2_048;
/// The rule about peers that are lost.
const SURVIVAL: &str = "peer-survives";
/// MiB that a peer may have written to its directory.
const SCRATCH_MIB_MAX: u64 = 512;

/// What a request taught.
struct Learned {
    request: Request,
    /// It was carried out.
    accepted: bool,
    /// What it showed for the first time, where it is worth keeping.
    shown: Option<Shown>,
}

impl Fuzz<'_> {
    /// Begins a round that is not gone on with, and says so.
    fn begin_round(&mut self, opened: Opened) -> Result<Play, Error> {
        let Opened { kind, setup, block, number, unfinished } = opened;
        let mut entropy = Entropy::new(self.options.run.seed, CHOICES + number);
        if self.playing.iter().filter(|one| **one == setup).count() == 1 {
            self.setups[setup].names.forget();
        }
        let (picks, mut queue, guides) = match kind {
            Kind::Requests => self.opening(setup, &mut entropy),
            Kind::Survey | Kind::Systematic | Kind::Repeats => Opening::default(),
        };
        if kind == Kind::Requests {
            self.setups[setup].prelude.iter().rev().for_each(|request| queue.push_front(request.clone()));
        }
        let fresh = || Round { round: number, block, peer_after: "alive".to_owned(), ..Round::default() };
        let (next, record) = match unfinished {
            Some(Unfinished { next, record, .. }) => (next, record),
            None => {
                let (setup, kind) = (self.setups[setup].command_line.clone(), kind.name().to_owned());
                self.log.say(Event::RoundBegan { round: number, setup, kind, block, picks })?;
                (0, fresh())
            }
        };
        Ok(Play {
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
            began: Instant::now(),
            over: false,
        })
    }

    fn close_round(&mut self, play: Play) -> Result<(), Error> {
        let took = play.began.elapsed();
        if let Some(at) = self.playing.iter().position(|one| *one == play.setup) {
            self.playing.swap_remove(at);
        }
        if play.kind == Kind::Repeats {
            self.repeats.played(self.round, took);
        }
        if play.kind == Kind::Systematic {
            self.in_blocks += took;
            if (self.is_cut() || self.is_stopped()) && play.next < BLOCK_CASES {
                // Whoever resumes goes on with it.
                return Ok(());
            }
        }
        let mut record = play.record;
        let number = record.round;
        record.edges = self.edges.taken();
        record.names = self.setups[play.setup].names.len().0 as u64;
        record.took_us += u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.log.say(Event::RoundEnded(record))?;
        self.ledger.clear(number)
    }

    /// What the next round is about. Blocks are slow: they get their part, and no more.
    pub(super) fn kind(&self, setup: usize) -> Kind {
        match () {
            () if self.goal.has_requests() && !self.setups[setup].survey.is_over() => Kind::Survey,
            () if self.goal.is_block_due(self.progress()) => Kind::Systematic,
            () => Kind::Requests,
        }
    }

    /// The next case of a round; `None` when it is over. A block is played to its end.
    fn next_draft(&mut self, play: &mut Play) -> Option<Draft> {
        let at = self.progress();
        let is_done = self.goal.requests_left(at) == Some(0) || self.goal.is_reached(at);
        let is_long = play.kind == Kind::Repeats && play.began.elapsed() >= REPEATS_TIME;
        if play.over || is_long || self.is_cut() || (play.kind != Kind::Systematic && is_done) {
            return None;
        }
        let draft = self.draft(play);
        self.in_flight += u64::from(draft.is_some());
        draft
    }

    /// Counts what the rules say of a case.
    fn count(&mut self, play: &Play, draft: &Draft, verdicts: &[Verdict]) -> Line {
        let mut commands: Vec<&str> = draft.made.iter().map(|made| made.request.command.as_str()).collect();
        commands.retain(|command| !self.tally.has_run(command));
        commands.sort_unstable();
        commands.dedup();
        let commands: Vec<String> = commands.into_iter().map(str::to_owned).collect();
        let options = self.options;
        let (passed, failed) = self.tally.case(None, verdicts, |rule| options.is_selected(rule));
        self.tally.exercised(commands.iter().cloned());
        Line {
            round: play.record.round,
            next: play.next,
            commands,
            passed: self.ledger.places(&passed),
            failed: self.ledger.places(&failed),
            ..Line::default()
        }
    }

    /// Takes in what a request of a case showed, `edges` of it.
    fn learn(&mut self, play: &Play, made: Made, transcript: &Transcript, edges: Vec<u32>) -> Learned {
        let Made { request, id, choices } = made;
        let mut messages: Vec<&Message> = transcript.exchanges.iter().flat_map(Exchange::messages).collect();
        if let Some(id) = id.map(Value::int) {
            messages.retain(|message| message.get("id") == Some(&id));
        }
        let replies = || messages.iter().filter(|message| message.is_reply());
        let returned = replies().find(|reply| reply.kind == MessageKind::Return);
        let returned: Option<&Value> = returned.and_then(|reply| reply.get("return"));
        let mut learned = Learned { accepted: returned.is_some(), request, shown: None };
        let request = &learned.request;
        let Setup { names, survey, composer, .. } = &mut self.setups[play.setup];
        if let Some(choices) = choices {
            let bytes = replies().map(|reply| reply.bytes.len()).sum();
            composer.report(&request.command, choices, learned.accepted, bytes);
        }
        if play.kind == Kind::Survey {
            survey.report(&request.command, learned.accepted);
        }
        if let Some(returned) = returned {
            names.learn(&request.command, request.arguments.as_ref(), returned);
        }
        if matches!(play.kind, Kind::Survey | Kind::Repeats) {
            return learned;
        }
        let shape = features(composer, request);
        let (features, is_new) = self.novelty.take(&request.command, &shape, &messages);
        let is_new = if self.options.coverage.is_some() { !edges.is_empty() } else { is_new };
        if transcript.ending == Ending::Alive {
            learned.shown = is_new.then_some(Shown { features, edges });
            if let Some(reply) = replies().next().filter(|_| id.is_none()) {
                let took = Duration::from_micros(transcript.exchanges.iter().map(took_us).sum());
                self.repeats.offer(play.setup, request, reply, took, &play.changes);
            }
        }
        learned
    }

    /// Keeps a request that showed something new, with those before it, or alone where they do not matter.
    fn keep(&mut self, play: &Play, request: &Request, alone: bool, shown: Shown) -> Result<bool, Error> {
        let before = play.changes.iter().filter(|_| !alone);
        self.corpus.keep(before.chain([request]).cloned().collect(), shown)
    }

    /// Keeps the request that the peer was lost in from being sent again for a while.
    pub(super) fn shun(&mut self, signature: &str, transcript: &Transcript, others: bool) {
        let Some(request) = lost_in(transcript) else { return };
        let shape = features(&self.setups[0].composer, &request);
        self.avoid.note(signature, &request.command, &shape, others, self.tally.judged());
    }
}

impl Job<'_, '_> {
    /// Plays the next round.
    pub(super) async fn play_round(&mut self) -> Result<(), Error> {
        let Some(opened) = self.open_round().await else { return Ok(()) };
        let mut play = self.desk.borrow_mut().begin_round(opened)?;
        loop {
            let Some(draft) = self.desk.borrow_mut().next_draft(&mut play) else { break };
            let played = self.play(&mut play, draft).await;
            self.desk.borrow_mut().in_flight -= 1;
            played?;
            if play.record.cases.is_multiple_of(LOOK_CASES) && self.takes_too_much() {
                break;
            }
        }
        self.desk.borrow_mut().close_round(play)?;
        self.release_held().await
    }

    /// Tells what has waited long enough for something else to explain it. What the systematic part comes to is told
    /// at the end, with all of it known.
    async fn release_held(&mut self) -> Result<(), Error> {
        let mut triage = self.triage.lock().await;
        triage.at(self.desk.borrow().tally.judged());
        if self.options.only_systematic || !triage.holds_for(HELD_CASES) {
            return Ok(());
        }
        let findings = triage.release(&mut self.runner, HELD_CASES).await?;
        let mut desk = self.desk.borrow_mut();
        desk.tell(findings)?;
        let desk = &mut *desk;
        desk.suspects.keep(|signature| triage.holds(signature) || desk.followed.contains(signature))
    }

    /// Runs and judges a case.
    async fn play(&mut self, play: &mut Play, draft: Draft) -> Result<(), Error> {
        let ran = self.runner.run(&draft.case).await;
        // What comes late is sorted out when it is looked into; to listen after every case costs ten of them.
        self.runner.pause(0);
        let transcript = match ran {
            Ran::Through(transcript) => transcript,
            Ran::Stopped => {
                play.over = true;
                return Ok(());
            }
            Ran::LostBefore(ending) => {
                self.peer_is_lost(play, &ending);
                self.blame_last(play, ending).await?;
                if play.kind == Kind::Systematic && play.losses < LOSSES_MAX {
                    play.losses += 1;
                    play.next -= 1;
                }
                self.go_on(play).await;
                return Ok(());
            }
        };
        let transcript = if transcript.ending == Ending::Alive { transcript } else { blamed(transcript) };
        let verdicts = judge(self.schema, &transcript);
        let mut line = self.desk.borrow_mut().count(play, &draft, &verdicts);
        let accepted = self.learn_from(play, draft.made, &transcript, &mut line).await?;
        if transcript.ending != Ending::Alive {
            self.peer_is_lost(play, &transcript.ending);
        }
        line.signatures = self.look_into(play, &transcript, verdicts, false).await?;
        line.add_to(&mut play.record);
        self.desk.borrow_mut().ledger.append(&line)?;
        play.losses = 0;
        play.before.push(Before { case: draft.case, accepted });
        play.last = Some(transcript);
        self.go_on(play).await;
        Ok(())
    }

    /// Takes in what the requests of a case showed, and keeps those that showed something new. Returns whether one
    /// was carried out.
    async fn learn_from(
        &self,
        play: &mut Play,
        made: Vec<Made>,
        transcript: &Transcript,
        line: &mut Line,
    ) -> Result<bool, Error> {
        let mut accepted = false;
        let mut edges = match self.runner.peer().coverage() {
            Some(map) => self.desk.borrow_mut().edges.take(map),
            None => Vec::new(),
        };
        for made in made {
            let edges = std::mem::take(&mut edges);
            let learned = self.desk.borrow_mut().learn(play, made, transcript, edges);
            if let Some(shown) = learned.shown {
                let (request, edges) = (&learned.request, &shown.edges);
                let alone = !edges.is_empty() && self.takes_alone(play.setup, request, edges).await;
                line.kept += u64::from(self.desk.borrow_mut().keep(play, request, alone, shown)?);
            }
            accepted |= learned.accepted;
            if learned.accepted {
                play.has_changed(&learned.request);
            }
        }
        Ok(accepted)
    }

    /// The peer ended after the last case had been judged: it survived that less than it seemed.
    async fn blame_last(&mut self, play: &mut Play, ending: Ending) -> Result<(), Error> {
        let Some(last) = play.last.take() else { return Ok(()) };
        play.before.pop();
        let transcript = blamed(Transcript { ending, ..last });
        let mut verdicts = judge(self.schema, &transcript);
        verdicts.retain(|verdict| verdict.rule.slug == SURVIVAL);
        for verdict in verdicts.iter().filter(|verdict| is_fail(verdict)) {
            self.desk.borrow_mut().tally.belated_fail(verdict.rule);
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
            self.desk.borrow_mut().tally.signature(&signature);
            signatures.push(signature.clone());
            let is_new = self.options.run.peer.ours() && self.is_new(verdict.rule.slug, &signature).await;
            let followed = self.desk.borrow().followed.contains(&signature);
            if is_new && !followed {
                let lost = transcript.ending != Ending::Alive;
                let hangs = transcript.ending == Ending::Hung;
                let look = Look { signature, lost, hangs, late };
                let (before, case) = (play.before.clone(), Arc::clone(&transcript.case));
                let suspect = Suspect { setup: play.setup, look, before, case };
                self.follow(&suspect, transcript, verdict).await?;
                continue;
            }
            if transcript.ending != Ending::Alive {
                self.desk.borrow_mut().shun(&signature, transcript, false);
            }
            // What another job makes smaller at this moment is its own to report.
            known.extend((!followed).then_some(verdict));
        }
        if !known.is_empty() {
            self.report(play.setup, transcript, known).await?;
        }
        Ok(signatures)
    }

    /// Whether nobody has looked into the signature, and the rule has room for one more.
    async fn is_new(&self, rule: &str, signature: &str) -> bool {
        if !self.options.is_selected(rule) {
            return false;
        }
        let triage = self.triage.lock().await;
        !triage.has_met(signature) && !triage.of_rule(rule).1
    }

    /// Makes findings of what failed on a peer in this set-up.
    pub(super) async fn report(
        &mut self,
        setup: usize,
        transcript: &Transcript,
        verdicts: Vec<Verdict>,
    ) -> Result<(), Error> {
        let shower = self.desk.borrow().shower(setup);
        let mut triage = self.triage.lock().await;
        triage.turn_to(shower);
        let findings = triage.take(&mut self.runner, transcript, verdicts, &[]).await?;
        self.desk.borrow_mut().tell(findings)
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
