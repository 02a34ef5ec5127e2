//! How many streams of a run are worth their time: not many more once some have failed, nor once the time is
//! spent that a peer of unknown pace has for them.

use crate::recovery::FOREIGN_SWEEP_MS;
use qmprobe_generate::stream::AIM;
use std::time::Duration;

/// Streams that may fail; the rest of them would cost their time and tell nothing new.
const FAILED_MAX: u32 = 8;

/// The streams of one run so far.
#[derive(Debug)]
pub(crate) struct Streams {
    run: u64,
    failed: u32,
    /// What is left of their time, where it is bounded.
    left: Option<Duration>,
    /// It was said why there are no more.
    told: bool,
}

impl Streams {
    /// None yet; `left` is the time that they have beside everything else.
    pub fn new(left: Option<Duration>) -> Streams {
        Streams { run: 0, failed: 0, left, told: false }
    }

    /// Counts one.
    pub fn count(&mut self, took: Duration, failed: bool) {
        self.run += 1;
        self.failed += u32::from(failed);
        self.left = self.left.map(|left| left.saturating_sub(took));
    }

    /// Whether there are enough of them.
    pub fn are_over(&self) -> bool {
        self.failed >= FAILED_MAX || self.left == Some(Duration::ZERO)
    }

    /// What there is to say of that, once.
    pub fn note(&mut self) -> Option<String> {
        if std::mem::replace(&mut self.told, true) {
            return None;
        }
        if self.failed >= FAILED_MAX {
            return Some(format!("{FAILED_MAX} streams failed, the rest are left out"));
        }
        let (run, seconds) = (self.run, FOREIGN_SWEEP_MS / 1000);
        Some(format!(
            "{AIM}: the first {run} streams filled the {seconds} s that they have beside everything else; \
             --rule {AIM} runs them all"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_end_with_their_time_or_with_too_many_failures_and_that_is_said_once() {
        let mut slow = Streams::new(Some(Duration::from_millis(30)));
        slow.count(Duration::from_millis(20), false);
        assert!(!slow.are_over());
        slow.count(Duration::from_millis(20), false);
        assert!(slow.are_over());
        assert!(slow.note().is_some_and(|text| text.contains("the first 2 streams")));
        assert_eq!(slow.note(), None);

        let mut failing = Streams::new(None);
        (0..FAILED_MAX).for_each(|_| failing.count(Duration::from_secs(9), true));
        assert!(failing.are_over());
        let mut fine = Streams::new(None);
        (0..1_000).for_each(|_| fine.count(Duration::from_secs(9), false));
        assert!(!fine.are_over());
    }
}
