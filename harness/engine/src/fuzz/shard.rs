//! A part of a campaign, for one of several machines. What a campaign consists of is numbered; a shard takes every
//! N-th number and asks nobody, so that the shards together play each number once.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Shards of one campaign.
pub const SHARDS_MAX: u64 = 1 << 16;

/// One part out of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shard {
    /// Which, from 1.
    pub number: u64,
    /// Out of how many.
    pub of: u64,
}

/// Why a text names no shard.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}: a shard is K/N, with 1 <= K <= N <= {SHARDS_MAX}")]
pub struct BadShard(String);

impl Shard {
    /// All of it.
    pub const WHOLE: Shard = Shard { number: 1, of: 1 };

    /// The number that is this shard's `nth`, from 0.
    pub fn nth(self, nth: u64) -> u64 {
        nth * self.of + self.number - 1
    }

    /// How many of the numbers below `end` are this shard's.
    pub fn below(self, end: u64) -> u64 {
        (end + self.of - self.number) / self.of
    }

    /// The shard that a number falls to.
    pub fn with(number: u64, of: u64) -> Shard {
        Shard { number: number % of + 1, of }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = BadShard;

    fn from_str(text: &str) -> Result<Shard, BadShard> {
        let bad = || BadShard(text.to_owned());
        let (number, of) = text.split_once('/').ok_or_else(bad)?;
        let (number, of) = (number.parse().map_err(|_| bad())?, of.parse().map_err(|_| bad())?);
        if number < 1 || number > of || of > SHARDS_MAX {
            return Err(bad());
        }
        Ok(Shard { number, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shards_together_have_each_number_once() {
        for of in 1..=7 {
            let mut all = Vec::new();
            for number in 1..=of {
                let shard = Shard { number, of };
                let mine: Vec<u64> = (0..shard.below(23)).map(|nth| shard.nth(nth)).collect();
                assert!(mine.iter().all(|one| Shard::with(*one, of) == shard));
                all.extend(mine);
            }
            all.sort_unstable();
            assert_eq!(all, (0..23).collect::<Vec<_>>(), "{of} shards");
        }
    }

    #[test]
    fn a_shard_reads_as_it_prints_and_what_is_none_is_refused() {
        let shard: Shard = "2/4".parse().unwrap();
        assert_eq!((shard, shard.to_string().as_str()), (Shard { number: 2, of: 4 }, "2/4"));
        for bad in ["", "2", "0/4", "5/4", "1/0", "1/-1", "a/b", "1/65537", "1/2/3"] {
            assert!(bad.parse::<Shard>().is_err(), "{bad}");
        }
    }
}
