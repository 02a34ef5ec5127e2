//! Processor time, ours and a peer's, in nanoseconds.

use rustix::time::{ClockId, clock_gettime};
use std::fs;

/// Processor time that the calling thread has used so far, in nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    let used = clock_gettime(ClockId::ThreadCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    part(used.tv_sec) * 1_000_000_000 + part(used.tv_nsec)
}

/// What the living threads of a process have used (`/proc/PID/task/TID/schedstat`, first field), of at most
/// `threads_max` of them. `None` where the kernel keeps no such figures.
pub(crate) fn process_cpu_ns(pid: u32, threads_max: usize) -> Option<u64> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let used = threads.flatten().take(threads_max).map(|thread| {
        let figures = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        figures.split_ascii_whitespace().next()?.parse::<u64>().ok()
    });
    used.flatten().reduce(u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_shows_in_the_time_of_the_thread_and_of_the_process() {
        let before = thread_cpu_ns();
        let mut n = 0u64;
        while thread_cpu_ns() < before + 3_000_000 {
            n = std::hint::black_box(n + 1);
        }
        assert!(thread_cpu_ns() - before >= 3_000_000);
        if let Some(whole) = process_cpu_ns(std::process::id(), 64) {
            assert!(whole >= 1_000_000, "{whole}");
        }
    }

    #[test]
    fn a_process_that_is_not_there_has_none() {
        assert_eq!(process_cpu_ns(u32::MAX, 64), None);
    }
}
