//! Which edges of its program a peer has taken, and how often, as afl-fuzz tells it: a count that falls into another
//! bucket than before is new, and what few cases take is worth going back to.

use qmprobe_target::CoverageMap;

/// Edges that are remembered of a case as what was new in it.
const NEW_MAX: usize = 64;

/// The edges of a campaign.
#[derive(Debug, Default)]
pub(super) struct Edges {
    /// The buckets that the count of each edge has been in, as bits.
    seen: Vec<u8>,
    /// The cases that took each.
    cases: Vec<u32>,
    taken: u64,
}

impl Edges {
    /// Counts what a case took. Returns the edges of which something is new.
    pub fn take(&mut self, map: &CoverageMap) -> Vec<u32> {
        let mut new = Vec::new();
        map.take(|edge, count| {
            if self.count(edge, count) && new.len() < NEW_MAX {
                new.push(edge);
            }
        });
        new
    }

    /// Counts one edge of a case; true when its count was never like this.
    fn count(&mut self, edge: u32, count: u8) -> bool {
        let Ok(at) = usize::try_from(edge) else { return false };
        if at >= self.seen.len() {
            self.seen.resize(at + 1, 0);
            self.cases.resize(at + 1, 0);
        }
        self.cases[at] = self.cases[at].saturating_add(1);
        self.taken += u64::from(self.seen[at] == 0);
        let is_new = self.seen[at] & bucket(count) == 0;
        self.seen[at] |= bucket(count);
        is_new
    }

    /// How many cases took the one of these edges that fewest did.
    pub fn rarest(&self, edges: &[u32]) -> Option<u32> {
        edges.iter().filter_map(|edge| self.cases.get(usize::try_from(*edge).ok()?)).min().copied()
    }

    /// How many edges were taken at all.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

/// The bit of a count, of those that afl-fuzz tells apart: 1, 2, 3, from 4, 8, 16, 32 and 128.
fn bucket(count: u8) -> u8 {
    match count {
        0 => 0,
        1 => 1,
        2 => 1 << 1,
        3 => 1 << 2,
        4..8 => 1 << 3,
        8..16 => 1 << 4,
        16..32 => 1 << 5,
        32..128 => 1 << 6,
        128.. => 1 << 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_new_in_another_bucket_and_rare_where_few_cases_took_the_edge() {
        let mut edges = Edges::default();
        assert!(edges.count(7, 1));
        assert!(!edges.count(7, 1));
        assert!(edges.count(7, 4));
        assert!(!edges.count(7, 7), "the same bucket");
        assert!(edges.count(9, 200));
        assert_eq!(edges.taken(), 2);
        assert_eq!(edges.rarest(&[7, 9]), Some(1));
        assert_eq!((edges.rarest(&[7]), edges.rarest(&[1_000])), (Some(4), None));
    }
}
