//! One of the peers that a campaign works with at once, and the cases that are its own. Which cases those are depends
//! on their place alone, so that each peer lives through the same in every run.

use crate::error::Error;
use crate::event::Event;
use crate::log::Log;
use crate::runner::{Ran, Runner};
use qmprobe_check::{Verdict, judge};
use qmprobe_schema::Schema;
use qmprobe_wire::{Case, Ending, ExchangeEnd, Transcript};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

/// Cases of one kind that may go unanswered; the rest of them would cost their time and tell nothing new.
const TIMEOUTS_PER_KIND_MAX: u32 = 4;
/// Cases of any kind that may go unanswered before one of a kind is enough.
const TIMEOUTS_MAX: u32 = 16;
/// Cases kept in case that they only together end the peer.
const HISTORY_CASES: usize = 4096;

/// A case with its place among all.
#[derive(Clone, Debug)]
pub(crate) struct Dealt {
    pub place: u64,
    pub case: Arc<Case>,
}

/// What came of one.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was run, to whatever end, and judged.
    Ran { transcript: Box<Transcript>, verdicts: Vec<Verdict>, took_us: u64 },
    /// The peer was lost before anything was sent: an earlier case is to blame.
    LostBefore(Ending),
    /// So many of its kind went unanswered that it was left out.
    GivenUp(u32),
    /// The run is to stop.
    Stopped,
}

/// A case that a hand is through with for now.
#[derive(Debug)]
pub(crate) struct Done {
    pub hand: usize,
    pub dealt: Dealt,
    pub outcome: Outcome,
}

/// What the hands share while they work.
pub(crate) struct Desk<'a, 'l> {
    pub schema: &'a Schema,
    pub log: &'a RefCell<Log<'l>>,
    /// Cases that each hand does before it stops where no other goes on.
    pub batch: usize,
    /// How many hands have not done theirs.
    pub busy: Cell<usize>,
}

/// A peer at work.
#[derive(Debug)]
pub(crate) struct Hand {
    pub runner: Runner,
    /// The last case, in case the peer turns out to have died of it afterwards.
    pub previous: Option<Transcript>,
    /// The last cases that the peer went through in command mode, the newest last.
    pub history: VecDeque<Arc<Case>>,
    /// What it has to do next.
    pub waiting: VecDeque<Dealt>,
    /// Times in a row that the peer ended by itself before one case.
    pub losses: u32,
    /// Cases that timed out, by kind.
    timeouts: HashMap<String, u32>,
    /// How many work at once.
    hands: u32,
    /// Why its peer has to be started anew before it goes on.
    lost: Option<String>,
    /// That it was, why, and whether it could be.
    pub restarted: Option<(String, Result<(), qmprobe_target::Error>)>,
    /// The case that it began.
    begun: Option<u64>,
    /// The place of the case that is to be looked into before it goes on.
    waits: Option<u64>,
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

impl Hand {
    /// One of so many.
    pub fn new(runner: Runner, hands: u32) -> Hand {
        Hand {
            runner,
            previous: None,
            history: VecDeque::with_capacity(HISTORY_CASES),
            waiting: VecDeque::new(),
            losses: 0,
            timeouts: HashMap::new(),
            hands,
            lost: None,
            restarted: None,
            begun: None,
            waits: None,
        }
    }

    /// Does what waits, until the batch is done and so are those of others, something has to be looked into first, or
    /// nothing is left.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn work(&mut self, number: usize, desk: &Desk<'_, '_>) -> Result<Vec<Done>, Error> {
        let mut all = Vec::new();
        if self.waits.is_none() && !self.waiting.is_empty() {
            self.restart().await;
        }
        let gone = matches!(self.restarted, Some((_, Err(_))));
        while !gone && self.waits.is_none() && (all.len() < desk.batch || desk.busy.get() > 0) {
            let Some(dealt) = self.waiting.pop_front() else { break };
            let outcome = self.one(&dealt, desk).await?;
            let waits = match &outcome {
                Outcome::Ran { transcript, .. } => {
                    transcript.ending != Ending::Alive || has_timed_out(transcript)
                }
                Outcome::LostBefore(_) | Outcome::Stopped => true,
                Outcome::GivenUp(_) => false,
            };
            self.waits = waits.then_some(dealt.place);
            all.push(Done { hand: number, dealt, outcome });
            if all.len() == desk.batch {
                desk.busy.set(desk.busy.get() - 1);
            }
        }
        if all.len() < desk.batch {
            desk.busy.set(desk.busy.get() - 1);
        }
        Ok(all)
    }

    /// What came of the case with this place is settled.
    pub fn go_on(&mut self, place: u64) {
        self.waits = self.waits.filter(|waits| *waits != place);
    }

    async fn one(&mut self, dealt: &Dealt, desk: &Desk<'_, '_>) -> Result<Outcome, Error> {
        let case = &dealt.case;
        if let Some(count) = self.gives_up(case) {
            return Ok(Outcome::GivenUp(count));
        }
        if self.begun.replace(dealt.place) != Some(dealt.place) {
            let (id, name, command) = (case.id, case.name.clone(), case.command.clone());
            desk.log.borrow_mut().say(Event::CaseBegan { id, name, command })?;
        }
        let began = Instant::now();
        Ok(match self.runner.run(case).await {
            Ran::Through(transcript) => {
                let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
                let verdicts = judge(desk.schema, &transcript);
                Outcome::Ran { transcript: Box::new(transcript), verdicts, took_us }
            }
            Ran::LostBefore(ending) => Outcome::LostBefore(ending),
            Ran::Stopped => Outcome::Stopped,
        })
    }

    /// Whether cases of this kind have come to nothing too often, and how often.
    fn gives_up(&self, case: &Case) -> Option<u32> {
        let share = |max: u32| (max / self.hands).max(1);
        let many = self.timeouts.values().sum::<u32>() >= share(TIMEOUTS_MAX);
        let max = if many { 1 } else { share(TIMEOUTS_PER_KIND_MAX) };
        self.timeouts.get(kind(case)).copied().filter(|count| *count >= max)
    }

    /// Remembers what the peer has been through.
    pub fn remember(&mut self, case: Arc<Case>, transcript: Transcript, is_history: bool) {
        if has_timed_out(&transcript) {
            *self.timeouts.entry(kind(&case).to_owned()).or_default() += 1;
        }
        if is_history {
            if self.history.len() == HISTORY_CASES {
                self.history.pop_front();
            }
            self.history.push_back(case);
        }
        self.losses = 0;
        self.previous = Some(transcript);
    }

    /// Its peer is no good any more.
    pub fn lose(&mut self, reason: String) {
        self.previous = None;
        self.history.clear();
        self.lost = Some(reason);
    }

    /// Starts a peer anew, or makes sure that a foreign one still accepts connections, where it was lost.
    pub async fn restart(&mut self) {
        if let Some(reason) = self.lost.take() {
            self.restarted = Some((reason, self.runner.restart().await));
        }
    }
}
