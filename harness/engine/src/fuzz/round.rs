//! One round: a fresh peer, and either a block of the systematic part, or some sequence that once showed something
//! new, changed, and then whatever comes to mind with what the peer has shown to have.

use super::Fuzz;
use super::burst::blamed;
use super::draft::{Draft, Opening};
use super::job::Job;
use super::learning::{Open, Played, is_fail};
use super::peers::Opened;
use super::play::{Kind, Play};
use super::recall::Unfinished;
use super::suspects::{Look, Suspect};
use crate::error::Error;
use crate::event::{Event, Round};
use crate::evidence;
use crate::runner::Ran;
use qmprobe_check::{Outcome, Verdict, judge};
use qmprobe_generate::Entropy;
use qmprobe_wire::{Dialect, Ending, Transcript};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
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
            place: next,
            drawn: 0,
            ahead: VecDeque::new(),
            played: None,
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
        self.in_flight -= play.ahead.len() as u64;
        if let Some(at) = self.playing.iter().position(|one| *one == play.setup) {
            self.playing.swap_remove(at);
        }
        if play.kind == Kind::Repeats {
            self.repeats.played(self.round, took);
        }
        if play.kind == Kind::Systematic {
            self.in_blocks += took;
            if (self.is_cut() || self.is_stopped()) && play.has_more() {
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

    /// Makes the next case of a round, unless it is over. A block is played to its end.
    fn draw_up(&mut self, play: &mut Play) -> Result<(), Error> {
        let at = self.progress();
        let is_done = self.goal.requests_left(at) == Some(0) || self.goal.is_reached(at);
        let is_long = play.kind == Kind::Repeats && play.began.elapsed() >= REPEATS_TIME;
        if play.over || is_long || self.is_cut() || (play.kind != Kind::Systematic && is_done) {
            return Ok(());
        }
        self.turn(play)?;
        let draft = self.draft(play);
        self.in_flight += u64::from(draft.is_some());
        play.drawn += u64::from(draft.is_some());
        play.ahead.extend(draft);
        Ok(())
    }

    /// What there is to do while a case is under way: what the one before taught, and the next one.
    fn meanwhile(&mut self, play: &mut Play) -> Result<Option<Open>, Error> {
        let open = match play.played.take() {
            Some(played) => self.take_in(play, played)?,
            None => None,
        };
        // What is asked when all is asked depends on the last answer.
        if play.kind != Kind::Survey || self.setups[play.setup].survey.has_more() {
            self.draw_up(play)?;
        }
        Ok(open)
    }
}

impl Job<'_, '_> {
    /// Plays the next round.
    pub(super) async fn play_round(&mut self) -> Result<(), Error> {
        let Some(opened) = self.open_round().await else { return Ok(()) };
        let mut play = self.desk.borrow_mut().begin_round(opened)?;
        while let Some(draft) = self.upcoming(&mut play).await? {
            self.play(&mut play, draft).await?;
            if play.record.cases.is_multiple_of(LOOK_CASES) && self.takes_too_much() {
                break;
            }
        }
        self.take_in_last(&mut play).await?;
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

    /// The next case; `None` when the round is over.
    async fn upcoming(&mut self, play: &mut Play) -> Result<Option<Draft>, Error> {
        if play.ahead.is_empty() {
            self.take_in_last(play).await?;
            self.desk.borrow_mut().draw_up(play)?;
        }
        Ok(if play.over { None } else { play.ahead.pop_front() })
    }

    /// Plays a case, and beside it sees to what the one before came to.
    async fn play(&mut self, play: &mut Play, draft: Draft) -> Result<(), Error> {
        let Job { runner, desk, .. } = self;
        let (ran, open) = beside(runner.run(&draft.case), || desk.borrow_mut().meanwhile(play)).await;
        // What comes late is sorted out when it is looked into; to listen after every case costs ten of them.
        self.runner.pause(0);
        if let Some(open) = open? {
            self.look_into_case(play, open).await?;
        }
        match ran {
            Ran::Through(transcript) => {
                let map = self.runner.peer().coverage();
                let edges = map.map(|map| self.desk.borrow_mut().edges.take(map)).unwrap_or_default();
                let is_lost = transcript.ending != Ending::Alive;
                play.played = Some(Played { draft, transcript, edges });
                if is_lost {
                    self.take_in_last(play).await?;
                    self.go_on(play).await;
                }
            }
            Ran::Stopped => {
                play.over = true;
                play.ahead.push_front(draft);
            }
            Ran::LostBefore(ending) => {
                self.peer_is_lost(play, &ending);
                self.blame_last(play, ending).await?;
                // In a block it is the next peer's.
                play.losses += 1;
                if play.losses <= LOSSES_MAX {
                    play.ahead.push_front(draft);
                } else {
                    self.desk.borrow_mut().in_flight -= 1;
                }
                self.go_on(play).await;
            }
        }
        Ok(())
    }

    /// Sees to what the last case came to, with no other under way.
    async fn take_in_last(&mut self, play: &mut Play) -> Result<(), Error> {
        let Some(played) = play.played.take() else { return Ok(()) };
        let open = self.desk.borrow_mut().take_in(play, played)?;
        match open {
            Some(open) => self.look_into_case(play, open).await,
            None => Ok(()),
        }
    }

    /// Looks into what is left of a case, and is done with it then.
    async fn look_into_case(&mut self, play: &mut Play, mut open: Open) -> Result<(), Error> {
        for (mut sequence, shown) in std::mem::take(&mut open.guides) {
            let others = sequence.len() - 1;
            if self.takes_alone(play.setup, &sequence[others], &shown.edges).await {
                sequence.drain(..others);
            }
            open.line.kept += u64::from(self.desk.borrow_mut().corpus.keep(sequence, shown)?);
        }
        if open.transcript.ending != Ending::Alive {
            self.peer_is_lost(play, &open.transcript.ending);
        }
        let verdicts = std::mem::take(&mut open.verdicts);
        open.line.signatures = self.look_into(play, &open.transcript, verdicts, false).await?;
        self.desk.borrow_mut().done_with(play, open)
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

/// Has a future begin, does some work while that waits, and sees it to its end.
async fn beside<T, W>(future: impl Future<Output = T>, work: impl FnOnce() -> W) -> (T, W) {
    let mut future = pin!(future);
    let begun = poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
    let worked = work();
    match begun {
        Poll::Ready(done) => (done, worked),
        Poll::Pending => (future.await, worked),
    }
}
