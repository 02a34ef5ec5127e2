//! Is one peer slower than another? Quantiles of latencies compared by a bootstrap over whole sittings: samples
//! of one sitting share their process, their memory layout and the weather, and count as one observation.

use serde::{Deserialize, Serialize};

/// Resamplings. The 0.5 % ends of the interval then lie on ten of them.
const RESAMPLES: usize = 2_000;
/// Probability that an interval misses on one side.
const MISS: f64 = 0.005;
/// The normal quantile of `1 - MISS`.
const NORMAL: f64 = 2.575_829;
/// Fewer sittings say nothing about how sittings differ.
const SITTINGS_MIN: usize = 4;
/// Where the resampling begins: the same figures give the same interval.
const SEED: u64 = 0x5EED_0FBE;

/// The latencies of one sitting: nanoseconds and how often, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sitting(pub Vec<(u64, u64)>);

/// Whether sitting `i` of one side ran in turns with sitting `i` of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// In turns: what disturbed one disturbed both.
    Paired,
    /// At different times.
    Apart,
}

/// A ratio, new to baseline, with the interval that holds it in 99 of 100 runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The ratio of the quantiles of all samples.
    pub ratio: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// What is left of the difference when as much of it as may be is the machine's, whose own pace changed by
    /// `pace`. Without a known pace nothing is.
    pub fn less(self, pace: Option<Interval>) -> Option<Interval> {
        let pace = pace?;
        let (slower, faster) = (pace.high.max(1.0), pace.low.min(1.0));
        Some(Interval { low: self.low / slower, ratio: self.ratio, high: self.high / faster })
    }
}

/// What a comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// Surely faster, by more than the clearance.
    Faster,
    /// Surely within the budget, either way.
    Same,
    /// The interval reaches beyond the budget: more samples, or a quieter machine, would tell.
    NoDecision,
    /// Surely slower, by more than the clearance.
    Slower,
}

impl Word {
    /// As reports say it.
    pub const fn name(self) -> &'static str {
        match self {
            Word::Faster => "faster",
            Word::Same => "same",
            Word::NoDecision => "no decision",
            Word::Slower => "slower",
        }
    }
}

/// How far apart is too far, as a part of the baseline: 0.1 is 10 %.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    /// What may be lost.
    pub limit: f64,
    /// What the interval must clear for a difference to count. Two processes of one program differ by a few per
    /// cent, and two runs of one process at different times by more; a sitting shows neither.
    pub clearance: f64,
}

impl Budget {
    /// The budget of a comparison in turns (half of it must be cleared), or of runs at different times (all).
    pub fn new(limit: f64, pairing: Pairing) -> Budget {
        let clearance = match pairing {
            Pairing::Paired => limit / 2.0,
            Pairing::Apart => limit,
        };
        Budget { limit, clearance }
    }

    /// What the interval says. `None` is one that could not be had.
    pub fn word(&self, interval: Option<Interval>) -> Word {
        let Some(Interval { low, high, .. }) = interval else { return Word::NoDecision };
        if low > 1.0 + self.clearance {
            Word::Slower
        } else if high < 1.0 / (1.0 + self.clearance) {
            Word::Faster
        } else if high <= 1.0 + self.limit && low >= 1.0 / (1.0 + self.limit) {
            Word::Same
        } else {
            Word::NoDecision
        }
    }

    /// Whether the budget is surely touched and probably spent.
    pub fn is_spent(&self, interval: Option<Interval>) -> bool {
        self.word(interval) == Word::Slower && interval.is_some_and(|one| one.ratio >= 1.0 + self.limit)
    }
}

/// The ratio of `quantile` (0 to 1), new to baseline, with its interval. `None` with fewer than four sittings on
/// a side, or none that hold samples.
///
/// Percentile bootstrap over sittings, widened by `t/z · √(n/(n−1))` for the narrowness that few of them cause
/// (Hesterberg, "What Teachers Should Know About the Bootstrap", section 3.2.2).
pub fn compare(baseline: &[Sitting], new: &[Sitting], pairing: Pairing, quantile: f64) -> Option<Interval> {
    let (base, new) = (Pool::new(baseline), Pool::new(new));
    let paired = pairing == Pairing::Paired && base.sittings.len() == new.sittings.len();
    let fewest = base.sittings.len().min(new.sittings.len());
    if fewest < SITTINGS_MIN {
        return None;
    }
    let log_ratio = |base: Option<u64>, new: Option<u64>| Some((new? as f64 / base? as f64).ln());
    let ratio = log_ratio(base.quantile(&base.once(), quantile), new.quantile(&new.once(), quantile))?;
    let mut random = Random(SEED);
    let mut resampled: Vec<f64> = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let one = random.draw(base.sittings.len());
        let other = if paired { one.clone() } else { random.draw(new.sittings.len()) };
        resampled.extend(log_ratio(base.quantile(&one, quantile), new.quantile(&other, quantile)));
    }
    resampled.sort_by(f64::total_cmp);
    let at = |share: f64| resampled.get((share * resampled.len() as f64) as usize).copied();
    let n = fewest as f64;
    let widen = student(n - 1.0) / NORMAL * (n / (n - 1.0)).sqrt();
    let (low, high) = (at(MISS)?, at(1.0 - MISS)?);
    Some(Interval {
        low: (ratio - (ratio - low).max(0.0) * widen).exp(),
        ratio: ratio.exp(),
        high: (ratio + (high - ratio).max(0.0) * widen).exp(),
    })
}

/// The quantile of `1 - MISS` of Student's distribution (Cornish-Fisher expansion, Abramowitz and Stegun 26.7.5).
fn student(freedom: f64) -> f64 {
    let z = NORMAL;
    let terms = [
        (z.powi(3) + z) / 4.0,
        (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
        (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
    ];
    let powers = terms.iter().enumerate().map(|(at, term)| term / freedom.powi(at as i32 + 1));
    z + powers.sum::<f64>()
}

/// Sittings over one ascending list of values, so that any mixture of them is counted quickly.
struct Pool {
    values: Vec<u64>,
    /// For each sitting: index of the value, and how often.
    sittings: Vec<Vec<(usize, u64)>>,
}

impl Pool {
    fn new(sittings: &[Sitting]) -> Pool {
        let mut values: Vec<u64> = sittings.iter().flat_map(|one| one.0.iter().map(|(ns, _)| *ns)).collect();
        values.sort_unstable();
        values.dedup();
        let place = |ns: u64| values.partition_point(|value| *value < ns);
        let filled = sittings.iter().filter(|sitting| !sitting.0.is_empty());
        let sittings = filled
            .map(|sitting| sitting.0.iter().map(|(ns, count)| (place(*ns), *count)).collect())
            .collect();
        Pool { values, sittings }
    }

    /// Every sitting once.
    fn once(&self) -> Vec<u64> {
        vec![1; self.sittings.len()]
    }

    /// The quantile of a mixture with so many copies of each sitting.
    fn quantile(&self, copies: &[u64], quantile: f64) -> Option<u64> {
        let mut counts = vec![0u64; self.values.len()];
        let mut total = 0u64;
        for (sitting, copies) in self.sittings.iter().zip(copies).filter(|(_, copies)| **copies > 0) {
            for (at, count) in sitting {
                let more = count.saturating_mul(*copies);
                counts[*at] = counts[*at].saturating_add(more);
                total = total.saturating_add(more);
            }
        }
        let rank = ((quantile * total as f64).ceil() as u64).clamp(1, total.max(1));
        let mut seen = 0u64;
        let reached = counts.iter().position(|count| {
            seen = seen.saturating_add(*count);
            seen >= rank
        });
        self.values.get(reached?).copied().filter(|ns| *ns > 0)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// How often each of `n` comes up in `n` draws.
    fn draw(&mut self, n: usize) -> Vec<u64> {
        let mut copies = vec![0; n];
        for _ in 0..n {
            let at = (u128::from(self.next()) * n as u128) >> 64;
            copies[at as usize] += 1;
        }
        copies
    }
}

#[cfg(test)]
mod tests;
