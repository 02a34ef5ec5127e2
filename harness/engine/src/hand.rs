//! One of the peers that a campaign works with at once, and the cases that are its own. Which cases those are depends
//! on their place alone, so that each peer lives through the same in every run.

use crate::desk::{Dealt, Desk, Done, Outcome, Turn};
use crate::error::Error;
use crate::event::Event;
use crate::runner::{Ran, Runner};
use crate::spare::Spare;
use qmprobe_check::{Verdict, judge};
use qmprobe_target::{Peer, PeerSpec};
use qmprobe_wire::{Case, Dialect, Ending, ExchangeEnd, Limits, Transcript};
use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use tokio::sync::Mutex;

/// Cases of one kind that may go unanswered; the rest of them would cost their time and tell nothing new.
const TIMEOUTS_PER_KIND_MAX: u32 = 4;
/// Cases of any kind that may go unanswered before one of a kind is enough.
const TIMEOUTS_MAX: u32 = 16;
/// Cases in a row without any reply after which the peer is given up.
const SILENT_CASES_MAX: u32 = 5;
/// Cases in a row that each cost a peer after which no other is spent.
const LOST_CASES_MAX: u32 = 24;
/// Times that a peer may end by itself before one case.
pub(crate) const LOSSES_MAX: u32 = 3;
/// Cases of all between two looks at what a peer takes up.
const LOOK_CASES: u64 = 50;

/// A peer at work.
#[derive(Debug)]
pub(crate) struct Hand<'h> {
    number: usize,
    runner: &'h Mutex<Runner>,
    spec: &'h PeerSpec,
    limits: &'h Limits,
    /// How many work at once.
    hands: u32,
    /// A peer for when this one is lost, where losing one holds up others.
    spare: Option<Spare>,
    /// The last case, in case the peer turns out to have died of it afterwards.
    previous: Option<Arc<Transcript>>,
    /// Cases that timed out, by kind.
    timeouts: HashMap<String, u32>,
    /// Why rules said nothing, the last time.
    skips: HashMap<&'static str, &'static str>,
    /// Cases run.
    ran: u64,
    /// Cases in a row at whose end the peer was lost.
    lost_cases: u32,
}

/// What cases have in common that time out together.
pub(crate) fn kind(case: &Case) -> &str {
    case.aim.as_deref().or(case.command.as_deref()).unwrap_or_default()
}

fn has_timed_out(transcript: &Transcript) -> bool {
    transcript.exchanges.iter().any(|exchange| matches!(exchange.end, ExchangeEnd::TimedOut { .. }))
}

/// Lets all of them go on at once, in this thread, until each is done or one fails.
///
/// # Errors
/// That of the first to fail.
pub(crate) async fn at_once<T, E>(tasks: Vec<impl Future<Output = Result<T, E>>>) -> Result<Vec<T>, E> {
    let mut tasks: Vec<_> = tasks.into_iter().map(|task| (Some(Box::pin(task)), None)).collect();
    poll_fn(|context| {
        for (task, done) in &mut tasks {
            let Some(Poll::Ready(ended)) = task.as_mut().map(|task| task.as_mut().poll(context)) else {
                continue;
            };
            *task = None;
            *done = Some(ended?);
        }
        match tasks.iter().all(|(task, _)| task.is_none()) {
            true => Poll::Ready(Ok(tasks.iter_mut().filter_map(|(_, done)| done.take()).collect())),
            false => Poll::Pending,
        }
    })
    .await
}

/// Whether there is more to say of a case than that it went well.
fn is_telling(transcript: &Transcript, verdicts: &[Verdict]) -> bool {
    let failed = || verdicts.iter().any(Verdict::is_failure);
    let tried = || transcript.exchanges.iter().any(|exchange| exchange.attempt.is_some());
    transcript.ending != Ending::Alive || tried() || failed()
}

/// Why a peer with this ending is no good any more.
fn loss(ending: &Ending) -> Option<String> {
    match ending {
        Ending::Alive => None,
        Ending::Disconnected => Some("disconnected".to_owned()),
        Ending::Hung => Some("hung".to_owned()),
        Ending::Exited { status, .. } => Some(status.clone()),
    }
}

impl<'h> Hand<'h> {
    /// The one with this number, of so many.
    pub fn new(
        number: usize,
        runner: &'h Mutex<Runner>,
        spec: &'h PeerSpec,
        limits: &'h Limits,
        hands: u32,
    ) -> Hand<'h> {
        let (timeouts, skips) = (HashMap::new(), HashMap::new());
        let (spare, previous, ran, lost_cases) = (None, None, 0, 0);
        Hand { number, runner, spec, limits, hands, spare, previous, timeouts, skips, ran, lost_cases }
    }

    /// Does what is its own, until nothing is left or the run is over.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn work(mut self, desk: &Desk<'_>) -> Result<(), Error> {
        let worked = self.work_off(desk).await;
        desk.leave(worked.is_err());
        worked
    }

    async fn work_off(&mut self, desk: &Desk<'_>) -> Result<(), Error> {
        self.keep_spare();
        while let Some(Dealt { place, case }) = desk.next(self.number).await? {
            for losses in 0..LOSSES_MAX {
                let turn = Turn { place, losses };
                let (outcome, lost) = self.one(&case, turn, desk).await?;
                let (again, is_lost) = (matches!(outcome, Outcome::LostBefore { .. }), lost.is_some());
                match outcome {
                    Outcome::GivenUp(_) => {}
                    _ if is_lost => self.lost_cases += 1,
                    _ => self.lost_cases = 0,
                }
                desk.hand_in(turn, Done { hand: self.number, case: Arc::clone(&case), outcome, lost });
                desk.see_settled(turn).await;
                if desk.is_over() {
                    return Ok(());
                }
                if is_lost {
                    let renewed = self.renew().await;
                    let gone = renewed.is_err();
                    desk.tell_renewed(turn, renewed);
                    if gone {
                        return Ok(());
                    }
                }
                if !again {
                    break;
                }
            }
            if self.lost_cases >= LOST_CASES_MAX {
                desk.end(format!("the peer is lost time after time: after {LOST_CASES_MAX} cases in a row"));
            }
            if self.runner.lock().await.silent_cases() >= SILENT_CASES_MAX {
                let silence = format!("{SILENT_CASES_MAX} cases in a row got no reply");
                desk.end(format!("the peer no longer answers: {silence}"));
            }
        }
        Ok(())
    }

    /// One turn, and why the peer is no good after it.
    async fn one(
        &mut self,
        case: &Arc<Case>,
        turn: Turn,
        desk: &Desk<'_>,
    ) -> Result<(Outcome, Option<String>), Error> {
        if let Some(count) = self.gives_up(case) {
            return Ok((Outcome::GivenUp(count), None));
        }
        if turn.losses == 0 {
            let (id, name, command) = (case.id, case.name.clone(), case.command.clone());
            desk.log.borrow_mut().say(Event::CaseBegan { id, name, command })?;
        }
        let began = Instant::now();
        let mut runner = self.runner.lock().await;
        let transcript = match runner.run(case).await {
            Ran::Through(transcript) if !self.is_lost_unasked(turn, &transcript) => transcript,
            Ran::Through(Transcript { ending, .. }) | Ran::LostBefore(ending) => {
                let lost = loss(&ending);
                let previous = match self.previous.take() {
                    Some(previous) => Some(Transcript { ending, ..(*previous).clone() }),
                    None if self.ran == 0 && self.number == 0 => Some(runner.last_question(ending)),
                    None => None,
                };
                return Ok((Outcome::LostBefore { previous }, lost));
            }
            Ran::Stopped => return Ok((Outcome::Stopped, None)),
        };
        let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut verdicts = judge(desk.schema, &transcript);
        verdicts.retain(|verdict| self.is_news(verdict));
        verdicts.shrink_to_fit();
        self.ran += 1;
        let mut lost = loss(&transcript.ending);
        if lost.is_none() && self.ran.is_multiple_of(LOOK_CASES / u64::from(self.hands)) {
            lost = excess(&mut runner, self.limits).await;
        }
        drop(runner);
        if has_timed_out(&transcript) {
            *self.timeouts.entry(kind(case).to_owned()).or_default() += 1;
        }
        let transcript = Arc::new(transcript);
        let telling = is_telling(&transcript, &verdicts).then(|| Arc::clone(&transcript));
        self.previous = lost.is_none().then_some(transcript);
        Ok((Outcome::Ran { transcript: telling, verdicts, took_us }, lost))
    }

    /// Whether a rule says more than that it has nothing to say, for the reason that it gave before.
    fn is_news(&mut self, verdict: &Verdict) -> bool {
        let qmprobe_check::Outcome::Skip(why) = verdict.outcome else { return true };
        self.skips.insert(verdict.rule.slug, why) != Some(why)
    }

    /// Whether an agent was gone before the first case sent it anything.
    fn is_lost_unasked(&self, turn: Turn, transcript: &Transcript) -> bool {
        let unasked = transcript.exchanges.iter().all(|exchange| exchange.sent.is_empty());
        let first = self.ran == 0 && turn.losses == 0;
        first && unasked && transcript.dialect == Dialect::Qga && transcript.ending != Ending::Alive
    }

    /// Whether cases of this kind have come to nothing too often, and how often.
    fn gives_up(&self, case: &Case) -> Option<u32> {
        let share = |max: u32| (max / self.hands).max(2.min(max));
        let many = self.timeouts.values().sum::<u32>() >= share(TIMEOUTS_MAX);
        let max = if many { 1 } else { share(TIMEOUTS_PER_KIND_MAX) };
        self.timeouts.get(kind(case)).copied().filter(|count| *count >= max)
    }

    /// Gets another peer, or makes sure that a foreign one still accepts connections.
    async fn renew(&mut self) -> Result<(), qmprobe_target::Error> {
        let peer = match self.spare.take() {
            Some(spare) => spare.take().await,
            None => None,
        };
        let mut runner = self.runner.lock().await;
        match peer {
            Some(peer) => runner.turn_to(peer).await,
            None => runner.restart().await?,
        }
        drop(runner);
        self.keep_spare();
        Ok(())
    }

    /// Has a peer started for when this one is lost, where there are others to work meanwhile.
    fn keep_spare(&mut self) {
        if self.hands > 1 {
            let (spec, limits) = (self.spec.clone(), self.limits.clone());
            self.spare = Some(Spare::begin(async move { Peer::open(&spec, &limits).await }));
        }
    }
}

/// What a peer of ours has too much of to go on with: it would take the machine's memory, run out of file
/// descriptors, or keep a processor from the others.
async fn excess(runner: &mut Runner, limits: &Limits) -> Option<String> {
    let peer = runner.peer();
    let (mib, max) = (peer.rss_kib().unwrap_or_default() / 1024, limits.peer_rss_mib_max);
    if mib > max {
        return Some(format!("it had {mib} MiB resident, {max} are allowed"));
    }
    let (files, max) = (peer.open_files().unwrap_or_default(), limits.peer_files_max);
    if files > max {
        return Some(format!("it had {files} files open, {max} are allowed"));
    }
    runner.is_restless().await.then(|| "it kept a processor busy with nothing to do".to_owned())
}
