//! Whether a monitor of ours that keeps us waiting is still on its way to an answer: one that sleeps all the time waits
//! for something that does not come, and one that has worked so long works for ever.

use qmprobe_target::Watch;
use std::time::{Duration, Instant};

/// Time in which no thread of it was seen awake.
const ASLEEP_MAX: Duration = Duration::from_millis(1_000);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(90);

/// Looks at a process with nothing to do in which it is seen asleep, unless it never is.
const RESTS: u32 = 10;
/// Between two of them.
const REST: Duration = Duration::from_millis(3);

/// Whether a process with nothing to do is never seen asleep.
pub(super) async fn finds_no_rest(watch: Watch) -> bool {
    for _ in 0..RESTS {
        if watch.sleeps() {
            return false;
        }
        tokio::time::sleep(REST).await;
    }
    true
}

/// Looks at a process from time to time.
#[derive(Debug)]
pub(super) struct Vigil {
    watch: Watch,
    looked: Instant,
    /// Since when it was asleep at every look, and had used no processor time since the look before.
    asleep: Instant,
    /// What it had used when it was asked, and at the last look.
    cpu_ns: Option<(u64, u64)>,
    /// Processor time in which an answer is to be had.
    cpu_ns_max: u64,
}

impl Vigil {
    /// Over a process that is given so long for its answer on a machine of its own.
    pub fn over(watch: Watch, patience: Duration) -> Vigil {
        let now = Instant::now();
        let max = u64::try_from(patience.as_nanos() * 2 / 5).unwrap_or(u64::MAX);
        Vigil { watch, looked: now, asleep: now, cpu_ns: None, cpu_ns_max: max }
    }

    /// Something came: it is awake.
    pub fn heard(&mut self) {
        self.asleep = Instant::now();
        self.cpu_ns = None;
    }

    /// Whether nothing is to be expected of it any more.
    pub fn is_in_vain(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.looked) < LOOK {
            return false;
        }
        self.looked = now;
        // Where the system keeps no such figures the deadline alone counts.
        let Some(used) = self.watch.cpu_ns() else { return false };
        let (at_first, last) = self.cpu_ns.unwrap_or((used, u64::MAX));
        self.cpu_ns = Some((at_first, used));
        if used != last || !self.watch.sleeps() {
            self.asleep = now;
        }
        now.duration_since(self.asleep) >= ASLEEP_MAX || used.saturating_sub(at_first) >= self.cpu_ns_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    fn shell(script: &str) -> Child {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).stdout(Stdio::null()).spawn().expect("there is a shell")
    }

    #[tokio::test]
    async fn what_works_without_end_finds_no_rest_and_what_sleeps_between_does() {
        for (script, restless) in
            [("while :; do :; done", true), ("exec sleep 9", false), ("while :; do sleep 0.02; done", false)]
        {
            let mut child = shell(script);
            tokio::time::sleep(Duration::from_millis(50)).await;
            assert_eq!(finds_no_rest(Watch::of(child.id())).await, restless, "{script}");
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Milliseconds until the vigil over a shell that does this is given up.
    fn given_up_after(script: &str, patience_ms: u64, look_ms: u64) -> Option<u64> {
        let mut child = shell(script);
        let mut vigil = Vigil::over(Watch::of(child.id()), Duration::from_millis(patience_ms));
        let began = Instant::now();
        let mut given_up = None;
        while given_up.is_none() && began.elapsed() < Duration::from_millis(look_ms) {
            std::thread::sleep(Duration::from_millis(20));
            given_up = vigil.is_in_vain().then(|| began.elapsed().as_millis() as u64);
        }
        let _ = child.kill();
        let _ = child.wait();
        given_up
    }

    #[test]
    fn one_that_sleeps_is_given_up_and_one_that_stirs_is_not() {
        assert!(given_up_after("exec sleep 9", 5_000, 3_000).is_some_and(|ms| ms >= 1_000));
        assert_eq!(given_up_after("while :; do sleep 0.3; done", 50_000, 2_000), None);
    }

    #[test]
    fn one_that_works_is_given_up_when_it_has_worked_long() {
        assert!(given_up_after("while :; do :; done", 500, 4_000).is_some_and(|ms| ms >= 200));
        assert_eq!(given_up_after("while :; do :; done", 60_000, 1_500), None);
    }
}
