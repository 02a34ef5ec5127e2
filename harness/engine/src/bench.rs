//! How long a peer takes to answer, beside another one or an earlier self. Commands are timed in sittings, each on
//! a fresh peer; two peers take turns within each. Every reply is judged.

mod judge;
mod record;
mod session;
mod side;
pub mod statistics;

pub use judge::Fault;
pub use record::{Figures, Machine, Record};

use crate::clock;
use crate::error::Error;
use crate::safety::Class;
use qmprobe_schema::Schema;
use qmprobe_target::{PeerSpec, Wait, pace_ns};
use qmprobe_wire::{Limits, Value};
use serde::Serialize;
use session::Lost;
use side::Measured;
use statistics::{Budget, Interval, Pairing, Sitting, Word, compare};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// Sittings of a bench.
const SITTINGS: u32 = 12;
/// Turns that a command gets in a sitting.
const TURNS: u32 = 10;
/// Requests before the first that counts in a sitting, of each command.
const WARM_UP: u32 = 20;
/// Questions to ourselves at either end of a sitting, which show the machine's pace.
const PACES: u32 = 100;
/// Requests that may be unanswered: QEMU itself takes no more than eight from its socket.
pub const PIPELINE_MAX: u32 = 64;

/// A peer and what is known of it.
#[derive(Clone, Debug)]
pub struct Side {
    /// Which one.
    pub peer: PeerSpec,
    /// What to hold it against; `None` is what it declares itself.
    pub schema: Option<Arc<Schema>>,
    /// What it may be sent.
    pub allow: Class,
}

/// A command to time.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// Its arguments, if it is to have any.
    pub arguments: Option<Value>,
}

impl Wanted {
    /// What reports call it: the same command may be timed with other arguments as well.
    pub fn label(&self) -> String {
        match &self.arguments {
            Some(arguments) => format!("{} {arguments}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What to compare with.
#[derive(Clone, Debug)]
pub enum Baseline {
    /// Measured before.
    Kept(Box<Record>),
    /// To be measured in turns with the peer.
    Peer(Side),
}

/// What to measure and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The peer.
    pub side: Side,
    /// What to compare it with.
    pub baseline: Option<Baseline>,
    /// The commands; none is a choice of those that the peer has.
    pub commands: Vec<Wanted>,
    /// Requests that may be unanswered, 1 to [`PIPELINE_MAX`]. Above 1 out-of-band execution is enabled where
    /// it is offered: without it QEMU reads no further than one request.
    pub pipeline: u32,
    /// Replies timed of each command.
    pub samples: u32,
    /// How to wait for replies.
    pub wait: Wait,
    /// The part by which a command may be slower than the baseline: 0.1 is 10 %.
    pub budget: f64,
    /// Limits on what peers may cost us.
    pub limits: Limits,
}

/// One command beside the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The medians, new to baseline.
    pub p50: Option<Interval>,
    /// What they say.
    pub p50_word: Word,
    /// The 99th percentiles.
    pub p99: Option<Interval>,
    /// What they say.
    pub p99_word: Word,
    /// Slower if either is; else what the medians say.
    pub word: Word,
    /// Slower by more than the budget.
    pub over_budget: bool,
}

/// A baseline and how the peer compares with it.
#[derive(Clone, Debug)]
pub struct Against {
    /// What the baseline measured.
    pub record: Record,
    /// Whether the two took turns.
    pub in_turns: bool,
    /// The commands that both have.
    pub commands: BTreeMap<String, Comparison>,
}

/// What came of a bench.
#[derive(Clone, Debug)]
pub struct Bench {
    /// The peer.
    pub record: Record,
    /// The comparison, if there was to be one.
    pub against: Option<Against>,
    /// What was wrong with replies, of either peer.
    pub faults: Vec<Fault>,
    /// Whether everything was measured.
    pub complete: bool,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// The budget that verdicts were given by.
    pub budget: f64,
}

/// Measures.
///
/// # Errors
/// A peer cannot be had or does not tell its schema, or a command must not be sent to it.
pub async fn run(options: &Options, stop: watch::Receiver<bool>) -> Result<Bench, Error> {
    let mut sides = vec![&options.side];
    if let Some(Baseline::Peer(other)) = &options.baseline {
        sides.push(other);
    }
    // Two peers must be sent the same bytes, and one of them may read lines.
    let newline =
        sides.iter().any(|side| matches!(side.peer, PeerSpec::Spawn { .. } | PeerSpec::Connect { .. }));
    let mut measured = Vec::new();
    for side in sides {
        measured.push(Measured::new(side, options, newline, stop.clone()).await?);
    }
    if let [one, other] = &mut measured[..] {
        one.keep_common(other);
    }
    let mut pace = Vec::new();
    let lost = sittings(&mut measured, options, &mut pace).await?;
    let at = clock::seconds_since_epoch();
    let (mut faults, mut notes) = (Vec::new(), Vec::new());
    let mut records = Vec::new();
    for side in measured {
        notes.extend(side.notes());
        let (mut record, found) = side.finish(options, at);
        record.pace = pace.clone();
        faults.extend(found);
        records.push(record);
    }
    let mut records = records.into_iter();
    let record = records.next().unwrap_or_default();
    let (baseline, pairing) = match (&options.baseline, records.next()) {
        (Some(Baseline::Kept(kept)), _) => (Some((**kept).clone()), Pairing::Apart),
        (_, other) => (other, Pairing::Paired),
    };
    if let Some(kept) = baseline.as_ref().filter(|_| pairing == Pairing::Apart) {
        notes.extend(misgivings(kept, &record));
    }
    let against = baseline.map(|baseline| against(&record, baseline, pairing, options.budget));
    let complete = lost.is_none();
    Ok(Bench { record, against, faults, complete, notes, budget: options.budget })
}

/// Sits down with fresh peers, again and again.
async fn sittings(
    sides: &mut [Measured],
    options: &Options,
    paces: &mut Vec<Sitting>,
) -> Result<Option<Lost>, Error> {
    let sittings = SITTINGS.min(options.samples.max(1));
    for sitting in 0..sittings {
        let mut seats = Vec::with_capacity(sides.len());
        for side in sides.iter_mut() {
            match side.sit_down(options).await? {
                Ok(seat) => seats.push(seat),
                Err(lost) => {
                    side.set_unmet(lost);
                    return Ok(Some(lost));
                }
            }
        }
        let due = share(options.samples, sittings, sitting);
        let mut pace = pace_ns(PACES).map_err(Error::Client)?;
        let commands = sides.first().map_or(0, Measured::commands);
        // The first turn warms up, and counts for nothing.
        for turn in 0..=TURNS.min(due) {
            let (count, counts) = match turn.checked_sub(1) {
                None => (WARM_UP.min(due), false),
                Some(turn) => (share(due, TURNS.min(due), turn), true),
            };
            for command in 0..commands {
                for place in 0..sides.len() {
                    // Who goes first alternates: the second finds caches as the first left them.
                    let place = (place + command + turn as usize + sitting as usize) % sides.len();
                    let lost = sides[place].turn(&mut seats[place], command, count, counts, options).await;
                    if lost.is_some() {
                        return Ok(lost);
                    }
                }
            }
        }
        pace.extend(pace_ns(PACES).map_err(Error::Client)?);
        pace.sort_unstable();
        paces.push(Sitting(pace.into_iter().map(|ns| (ns, 1)).collect()));
        for (side, seat) in sides.iter_mut().zip(seats) {
            side.stand_up(seat).await;
        }
    }
    Ok(None)
}

/// The part of `all` that the `index`th of `parts` gets.
fn share(all: u32, parts: u32, index: u32) -> u32 {
    all / parts + u32::from(index < all % parts)
}

fn against(record: &Record, baseline: Record, pairing: Pairing, limit: f64) -> Against {
    let budget = Budget::new(limit, pairing);
    let compared = record.commands.iter().filter_map(|(name, new)| {
        let old = baseline.commands.get(name)?;
        let at = |quantile| {
            let seen = compare(&old.sittings, &new.sittings, pairing, quantile)?;
            match pairing {
                Pairing::Paired => Some(seen),
                Pairing::Apart => seen.less(compare(&baseline.pace, &record.pace, pairing, quantile)),
            }
        };
        let (p50, p99) = (at(0.5), at(0.99));
        let (p50_word, p99_word) = (budget.word(p50), budget.word(p99));
        let word = if p99_word == Word::Slower { Word::Slower } else { p50_word };
        let over_budget = budget.is_spent(p50) || budget.is_spent(p99);
        Some((name.clone(), Comparison { p50, p50_word, p99, p99_word, word, over_budget }))
    });
    Against { commands: compared.collect(), record: baseline, in_turns: pairing == Pairing::Paired }
}

/// Why a comparison with what was measured another time may mislead.
fn misgivings(kept: &Record, record: &Record) -> Vec<String> {
    let way = |record: &Record| (record.pipeline, record.busy_poll);
    let doubts = [
        (kept.machine != record.machine, "the baseline was measured on another machine"),
        (way(kept) != way(record), "the baseline was measured another way (--pipeline, --busy-poll)"),
        (
            !kept.commands.keys().any(|name| record.commands.contains_key(name)),
            "the baseline has none of these commands",
        ),
    ];
    doubts.into_iter().filter(|(doubtful, _)| *doubtful).map(|(_, text)| text.to_owned()).collect()
}

impl Bench {
    /// Whether a command lost more than the budget.
    pub fn is_over_budget(&self) -> bool {
        self.against.iter().flat_map(|against| against.commands.values()).any(|one| one.over_budget)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        for (all, parts) in [(10, 3), (3, 3), (1000, 12), (5, 1)] {
            let shares: Vec<u32> = (0..parts).map(|index| share(all, parts, index)).collect();
            assert_eq!(shares.iter().sum::<u32>(), all);
            assert!(shares.iter().max().unwrap() - shares.iter().min().unwrap() <= 1);
        }
    }

    #[test]
    fn a_baseline_of_another_machine_is_doubted_and_one_of_this_is_not() {
        let kept = Record::begin(0);
        let mut same = kept.clone();
        same.commands.insert("query-name".into(), Figures::default());
        assert_eq!(misgivings(&same, &same), Vec::<String>::new());
        let mut other = same.clone();
        other.machine.kernel = "0.1".into();
        other.pipeline = 9;
        assert_eq!(misgivings(&other, &same).len(), 2);
        assert_eq!(misgivings(&kept, &same).len(), 1);
    }
}
