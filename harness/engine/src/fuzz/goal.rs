//! What a campaign is still to do: how many cases, how many blocks of its systematic part, for how long.

use super::Options;
use super::shard::Shard;
use super::systematic::BLOCK_CASES;
use std::time::Duration;

/// Cases in which one block is due, where cases are counted.
const PERIOD_CASES: u64 = 336;
/// The part of the time that blocks have, where that is what there is. They wait for what must not come.
const TIME_ONE_IN: u32 = 12;

/// The bounds of one shard's work.
#[derive(Clone, Debug)]
pub(super) struct Goal {
    pub shard: Shard,
    /// Blocks of the systematic part in all shards together.
    blocks: u64,
    /// Cases of that part, likewise.
    systematic_cases: u64,
    /// Cases of this shard, the systematic ones among them.
    cases: Option<u64>,
    time: Option<Duration>,
    /// There is no other part.
    only_systematic: bool,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress {
    /// Blocks that this shard has played.
    pub blocks: u64,
    /// Cases judged.
    pub judged: u64,
    /// Time since the beginning.
    pub elapsed: Duration,
    /// Time spent on blocks.
    pub in_blocks: Duration,
}

impl Goal {
    /// The goal where the systematic part has so many cases.
    pub fn new(options: &Options, systematic_cases: u64) -> Goal {
        let all = systematic_cases.div_ceil(BLOCK_CASES);
        let wanted = match (options.run.max_cases, options.only_systematic) {
            (Some(cases), true) => cases.div_ceil(BLOCK_CASES),
            (Some(cases), false) => cases / PERIOD_CASES,
            (None, _) => all,
        };
        Goal {
            shard: options.shard,
            blocks: wanted.min(all),
            systematic_cases: match options.run.max_cases {
                Some(cases) if options.only_systematic => cases.min(systematic_cases),
                _ => systematic_cases,
            },
            cases: options.run.max_cases.map(|cases| options.shard.below(cases)),
            time: options.run.time,
            only_systematic: options.only_systematic,
        }
    }

    /// Whether there is another part than the systematic one.
    pub fn has_requests(&self) -> bool {
        !self.only_systematic
    }

    /// The index at which the systematic part ends.
    pub fn systematic_cases(&self) -> u64 {
        self.systematic_cases
    }

    /// Cases that are planned for all shards, where they are counted.
    pub fn whole(options: &Options, systematic_cases: u64) -> u64 {
        match (options.run.max_cases, options.only_systematic) {
            (Some(cases), true) => cases.min(systematic_cases),
            (None, true) => systematic_cases,
            (cases, false) => cases.unwrap_or_default(),
        }
    }

    /// Cases that are planned for this shard, where they are counted.
    pub fn planned(&self) -> u64 {
        match (self.cases, self.only_systematic) {
            (Some(cases), false) => cases,
            (_, true) => self.shard.below(self.blocks) * BLOCK_CASES,
            (None, false) => 0,
        }
    }

    /// Blocks left for this shard.
    pub fn blocks_left(&self, at: Progress) -> u64 {
        self.shard.below(self.blocks).saturating_sub(at.blocks)
    }

    /// Cases left for what is not systematic; `None` where they are not counted.
    pub fn requests_left(&self, at: Progress) -> Option<u64> {
        let reserved = self.blocks_left(at) * BLOCK_CASES;
        self.cases.map(|cases| cases.saturating_sub(at.judged + reserved))
    }

    /// Whether the next round is a block.
    pub fn is_block_due(&self, at: Progress) -> bool {
        let due = || match self.requests_left(at) {
            Some(0) => true,
            Some(_) => at.blocks * PERIOD_CASES < at.judged,
            None => at.in_blocks < at.elapsed / TIME_ONE_IN,
        };
        self.blocks_left(at) > 0 && (self.only_systematic || due())
    }

    /// Whether everything is done.
    pub fn is_reached(&self, at: Progress) -> bool {
        match self.only_systematic {
            true => self.blocks_left(at) == 0,
            false => {
                let timed_out = self.time.is_some_and(|time| at.elapsed >= time);
                timed_out || (self.requests_left(at) == Some(0) && self.blocks_left(at) == 0)
            }
        }
    }

    /// Why it ends before everything is done that must be.
    pub fn cut(&self, at: Progress) -> Option<String> {
        let time = self.time.filter(|time| self.only_systematic && at.elapsed >= *time)?;
        Some(format!("the time of {} s was up", time.as_secs()))
    }
}
