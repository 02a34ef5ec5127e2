//! The desk between the peers at work and whoever tells what came of it: deals cases out, and takes what came of them.
//!
//! Which peer a case is for depends on its place alone; what came of the cases is taken in their order. A peer may be
//! so far ahead of what is told, and does not wait for the other.

use crate::error::Error;
use crate::event::Event;
use crate::log::Log;
use crate::recovery::Matrix;
use crate::streams::Streams;
use qmprobe_check::Verdict;
use qmprobe_check::stream::is_stream;
use qmprobe_schema::Schema;
use qmprobe_wire::{Case, Transcript};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

/// Cases that go to one peer, then as many to the next.
const SHARE: u64 = 8;
/// Cases that are dealt out before it is told what came of the first of them, where there are several peers: some keep
/// one for seconds, in which the others go on.
const AHEAD: u64 = 8192;

/// A case with its place among all.
#[derive(Clone, Debug)]
pub(crate) struct Dealt {
    pub place: u64,
    pub case: Arc<Case>,
}

/// A go at a case: its place, and how often the peer was lost before it. The next go at another case is that at the
/// place after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    pub place: u64,
    pub losses: u32,
}

/// What came of a turn.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The case was run, to whatever end, and judged.
    Ran {
        /// Where more is to be said of it than that it went well.
        transcript: Option<Arc<Transcript>>,
        verdicts: Vec<Verdict>,
        took_us: u64,
    },
    /// The peer was lost before anything was sent: what it was sent last is to blame, if that is known.
    LostBefore { previous: Option<Transcript> },
    /// So many of its kind went unanswered that it was left out.
    GivenUp(u32),
    /// The run is to stop.
    Stopped,
}

/// A turn that a hand is through with.
#[derive(Debug)]
pub(crate) struct Done {
    pub hand: usize,
    pub case: Arc<Case>,
    pub outcome: Outcome,
    /// Why the hand gets another peer.
    pub lost: Option<String>,
}

/// How many cases of kinds with a bound of their own were run, and what came of them.
#[derive(Debug)]
pub(crate) struct Course {
    pub streams: Streams,
    /// How clients got back in step.
    pub matrix: Matrix,
}

/// The cases, and whose they are.
struct Deal<'a> {
    cases: Box<dyn Iterator<Item = Case> + 'a>,
    /// How many were dealt out.
    dealt: u64,
    /// How many may be.
    max: u64,
    /// What each hand has to do next.
    waiting: Vec<VecDeque<Dealt>>,
    /// There are no more.
    over: bool,
}

/// What came in and was not told yet.
#[derive(Default)]
struct Tray {
    done: BTreeMap<Turn, Done>,
    renewed: BTreeMap<Turn, Result<(), qmprobe_target::Error>>,
}

/// How long a run may take.
pub(crate) struct Bounds {
    pub cases: Option<u64>,
    pub began: Instant,
    pub time: Option<Duration>,
    pub stop: watch::Receiver<bool>,
}

/// The desk of one run.
pub(crate) struct Desk<'a> {
    pub schema: &'a Schema,
    pub log: RefCell<Log<'a>>,
    pub course: RefCell<Course>,
    bounds: Bounds,
    deal: RefCell<Deal<'a>>,
    tray: RefCell<Tray>,
    /// All turns before are settled.
    settled: Cell<Turn>,
    /// Cases dealt before the first of them is settled.
    ahead: u64,
    /// No case from this place on is begun.
    until: Cell<u64>,
    /// One more than the highest place begun.
    begun: Cell<u64>,
    /// Hands at work.
    hands: Cell<usize>,
    /// Why the run ends before its last case.
    cut: RefCell<Option<String>>,
    /// Something on this desk has changed.
    stirred: Notify,
}

impl<'a> Desk<'a> {
    pub fn new(
        schema: &'a Schema,
        log: Log<'a>,
        course: Course,
        bounds: Bounds,
        cases: impl Iterator<Item = Case> + 'a,
        hands: usize,
    ) -> Desk<'a> {
        let deal = Deal {
            cases: Box::new(cases),
            dealt: 0,
            max: bounds.cases.unwrap_or(u64::MAX),
            waiting: vec![VecDeque::new(); hands],
            over: false,
        };
        Desk {
            schema,
            log: RefCell::new(log),
            course: RefCell::new(course),
            bounds,
            deal: RefCell::new(deal),
            tray: RefCell::default(),
            settled: Cell::default(),
            ahead: if hands == 1 { 1 } else { AHEAD },
            until: Cell::new(u64::MAX),
            begun: Cell::new(0),
            hands: Cell::new(hands),
            cut: RefCell::default(),
            stirred: Notify::new(),
        }
    }

    /// The next case of a hand's own, when it may begin. `None` when it has no more.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub async fn next(&self, hand: usize) -> Result<Option<Dealt>, Error> {
        loop {
            self.look_at_bounds();
            let dealt = self.deal.borrow_mut().waiting[hand].pop_front();
            if let Some(dealt) = dealt {
                if dealt.place >= self.until.get() {
                    return Ok(None);
                }
                self.begun.set(self.begun.get().max(dealt.place + 1));
                return Ok(Some(dealt));
            }
            let (dealt, over) = (self.deal.borrow().dealt, self.deal.borrow().over);
            if over || dealt >= self.until.get() {
                return Ok(None);
            }
            if dealt - self.settled.get().place < self.ahead {
                self.deal_one()?;
            } else {
                self.stirred.notified().await;
            }
        }
    }

    /// Ends the run at once when it is to stop, and with the cases that are begun, of whichever hand, when its time
    /// is up.
    fn look_at_bounds(&self) {
        if *self.bounds.stop.borrow() {
            self.end("interrupted".to_owned());
        } else if let Some(time) = self.bounds.time
            && self.bounds.began.elapsed() >= time
            && self.until.get() == u64::MAX
        {
            self.cut_short(format!("the time of {} s was up", time.as_secs()));
            self.until.set(self.begun.get());
            self.stirred.notify_waiters();
        }
    }

    fn deal_one(&self) -> Result<(), Error> {
        let mut deal = self.deal.borrow_mut();
        let Some(case) = deal.cases.next() else {
            deal.over = true;
            return Ok(());
        };
        if deal.dealt >= deal.max {
            self.cut_short(format!("{} cases were allowed", deal.max));
            deal.over = true;
            return Ok(());
        }
        if self.is_left_out(&case)? {
            return Ok(());
        }
        let place = deal.dealt;
        deal.dealt += 1;
        let hands = deal.waiting.len() as u64;
        let hand = usize::try_from(place / SHARE % hands).unwrap_or_default();
        deal.waiting[hand].push_back(Dealt { place, case: Arc::new(case) });
        Ok(())
    }

    /// Whether the time that such cases have is up.
    fn is_left_out(&self, case: &Case) -> Result<bool, Error> {
        let mut course = self.course.borrow_mut();
        if is_stream(case) && course.streams.are_over() {
            if let Some(text) = course.streams.note() {
                self.log.borrow_mut().say(Event::Noted { text })?;
            }
            return Ok(true);
        }
        Ok(course.matrix.gives_up(case))
    }

    /// Hands in what came of a turn.
    pub fn hand_in(&self, turn: Turn, done: Done) {
        self.tray.borrow_mut().done.insert(turn, done);
        self.stirred.notify_waiters();
    }

    /// Waits until the turn is settled, where there is one hand; several do not wait for that.
    pub async fn see_settled(&self, turn: Turn) {
        while self.ahead == 1 && self.settled.get() <= turn && !self.is_over() {
            self.stirred.notified().await;
        }
    }

    /// Tells whether there is a peer again after this turn.
    pub fn tell_renewed(&self, turn: Turn, renewed: Result<(), qmprobe_target::Error>) {
        self.tray.borrow_mut().renewed.insert(turn, renewed);
        self.stirred.notify_waiters();
    }

    /// A hand is through, or in trouble of our own.
    pub fn leave(&self, in_trouble: bool) {
        self.hands.set(self.hands.get() - 1);
        if in_trouble {
            self.until.set(0);
        }
        self.stirred.notify_waiters();
    }

    /// What came of a turn. `None` when nothing more comes.
    pub async fn done(&self, turn: Turn) -> Option<Done> {
        self.awaited(|tray| tray.done.remove(&turn)).await
    }

    /// Whether there was a peer again after the turn. `None` when nobody looks for one any more.
    pub async fn renewed(&self, turn: Turn) -> Option<Result<(), qmprobe_target::Error>> {
        self.awaited(|tray| tray.renewed.remove(&turn)).await
    }

    async fn awaited<T>(&self, mut take: impl FnMut(&mut Tray) -> Option<T>) -> Option<T> {
        loop {
            let taken = take(&mut self.tray.borrow_mut());
            if taken.is_some() || self.hands.get() == 0 {
                return taken;
            }
            self.stirred.notified().await;
        }
    }

    /// All is told of a turn; gives the next, which may be another go at the same case.
    pub fn settle(&self, turn: Turn, again: bool) -> Turn {
        let next = match again {
            true => Turn { losses: turn.losses + 1, ..turn },
            false => Turn { place: turn.place + 1, losses: 0 },
        };
        self.settled.set(next);
        self.stirred.notify_waiters();
        next
    }

    /// The run is incomplete; the first reason counts.
    fn cut_short(&self, reason: String) {
        self.cut.borrow_mut().get_or_insert(reason);
    }

    /// No case is begun any more.
    pub fn end(&self, reason: String) {
        self.cut_short(reason);
        self.until.set(0);
        self.stirred.notify_waiters();
    }

    pub fn is_over(&self) -> bool {
        self.until.get() == 0
    }

    /// How long the run has taken.
    pub fn seconds(&self) -> f64 {
        self.bounds.began.elapsed().as_secs_f64()
    }

    /// Why the run ended before its last case.
    pub fn why_cut(&self) -> Option<String> {
        self.cut.borrow().clone()
    }
}

#[cfg(test)]
mod tests;
