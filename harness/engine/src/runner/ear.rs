//! What one case may still receive, and what is known of how the peer talks.

use qmprobe_target::Watch;
use qmprobe_wire::{Frame, Limits, LineEnd, Message, MessageKind, Received};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Milliseconds to wait for a line end that did not come with its message, from a peer that sends them: it may
/// write them by themselves, and be slow.
const LINE_END_MS: u64 = 300;
/// The same where none came yet.
const FIRST_LINE_END_MS: u64 = 100;
/// Line ends in a row that may stay out before none is waited for.
const LINE_END_MISSES_MAX: u32 = 3;
/// Replies with a wrong id in a row that nothing followed, before nothing is waited for.
const DOUBTS_MAX: u32 = 3;
/// Bytes that the received messages of one case may take up in memory, by [`memory_of`].
const MEMORY_BYTES_MAX: usize = 16 << 20;

/// The ear on a peer: counts what comes against the limits.
#[derive(Debug)]
pub(super) struct Ear {
    pub limits: Limits,
    pub stop: watch::Receiver<bool>,
    /// When the case began.
    began: Instant,
    bytes: usize,
    messages: usize,
    memory: usize,
    /// How much there was of each of these when the last step that repeats began.
    repeated_from: Option<[usize; 3]>,
    /// A reply came in this case.
    pub heard_reply: bool,
    /// A reply came ever.
    pub ever_heard_reply: bool,
    line_end_misses: u32,
    /// A line end came ever.
    ends_lines: bool,
    doubts: u32,
    /// An eye on a monitor of ours: see [`super::vigil`].
    pub watch: Option<Watch>,
}

impl Ear {
    pub fn new(limits: &Limits, stop: watch::Receiver<bool>) -> Ear {
        Ear {
            limits: limits.clone(),
            stop,
            began: Instant::now(),
            bytes: 0,
            messages: 0,
            memory: 0,
            repeated_from: None,
            heard_reply: false,
            ever_heard_reply: false,
            line_end_misses: 0,
            ends_lines: false,
            doubts: 0,
            watch: None,
        }
    }

    /// Begins a case: what was received before counts no more.
    pub fn begin(&mut self) {
        self.began = Instant::now();
        self.bytes = 0;
        self.messages = 0;
        self.memory = 0;
        self.repeated_from = None;
        self.heard_reply = false;
    }

    /// Microseconds since the case began.
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// The moment `ms` from now, or the end of the case's time if that is sooner.
    pub fn deadline(&self, ms: u64) -> Instant {
        self.within_case(Instant::now() + Duration::from_millis(ms))
    }

    /// A moment, or the end of the case's time if that is sooner.
    pub fn within_case(&self, moment: Instant) -> Instant {
        moment.min(self.case_end())
    }

    /// Whether the case's time is over for a peer that was last seen to get on at this moment, sooner than its own.
    pub fn cuts_short(&self, got_on: Instant) -> bool {
        let patience = Duration::from_millis(self.limits.step_ms_max);
        Instant::now() >= self.case_end() && self.case_end() < got_on + patience
    }

    /// When the case's time is over.
    pub fn case_end(&self) -> Instant {
        self.began + Duration::from_millis(self.limits.case_ms_max)
    }

    pub fn stopped(&self) -> bool {
        *self.stop.borrow()
    }

    pub fn took_bytes(&mut self, count: usize) {
        self.bytes += count;
    }

    pub fn took_message(&mut self, message: &Message) {
        self.messages += 1;
        self.memory += memory_of(message);
        self.ends_lines |= message.line_end != LineEnd::Missing;
        if matches!(message.kind, MessageKind::Return | MessageKind::Error) {
            self.heard_reply = true;
            self.ever_heard_reply = true;
        }
    }

    /// The name of the limit that was passed, if one was.
    pub fn passed_limit(&self) -> Option<&'static str> {
        if self.messages > self.limits.case_messages_max {
            return Some("case_messages_max");
        }
        let too_much = self.bytes > self.limits.case_bytes_max || self.memory > MEMORY_BYTES_MAX;
        too_much.then_some("case_bytes_max")
    }

    /// Begins a step that repeats. False where the case could not hold twice what the last such step brought: that would
    /// be for our asking, and no flood.
    pub fn repeats(&mut self) -> bool {
        let now = [self.bytes, self.messages, self.memory];
        let most = [self.limits.case_bytes_max, self.limits.case_messages_max, MEMORY_BYTES_MAX];
        let before = self.repeated_from.replace(now).unwrap_or(now);
        (0..now.len()).all(|at| now[at] + 2 * (now[at] - before[at]) <= most[at])
    }

    /// Milliseconds to wait for the line end of a complete message.
    pub fn line_end_ms(&self) -> u64 {
        match self.line_end_misses {
            LINE_END_MISSES_MAX.. => 0,
            _ if self.ends_lines => LINE_END_MS,
            _ => FIRST_LINE_END_MS,
        }
    }

    pub fn line_end(&mut self, came: bool) {
        self.line_end_misses = if came { 0 } else { self.line_end_misses.saturating_add(1) };
    }

    /// Whether the right reply may follow one with a wrong id. It does when the peer says more than it was
    /// asked; it does not when the peer is bad at ids.
    pub fn doubts(&self) -> bool {
        self.doubts < DOUBTS_MAX
    }

    pub fn doubted(&mut self, rightly: bool) {
        self.doubts = if rightly { 0 } else { self.doubts.saturating_add(1) };
    }

    pub fn received(&self, frame: Frame) -> Received {
        Received { at_us: self.now_us(), frame }
    }
}

/// About what a message takes up: its bytes and the strings made of them, and a value for each comma.
fn memory_of(message: &Message) -> usize {
    let values = message.bytes.iter().filter(|byte| **byte == b',').count();
    256 + 3 * message.bytes.len() + 64 * values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_repeated_ends_before_it_comes_to_more_than_a_case_may_hold() {
        let limits = Limits { case_bytes_max: 1000, ..Limits::default() };
        let (_go_on, stop) = watch::channel(false);
        let mut ear = Ear::new(&limits, stop);
        let mut times = 0;
        while ear.repeats() {
            ear.took_bytes(200);
            times += 1;
        }
        assert_eq!((times, ear.passed_limit()), (4, None));
        ear.begin();
        assert!(ear.repeats(), "the next case has all of it");
        ear.took_bytes(1001);
        assert_eq!(ear.passed_limit(), Some("case_bytes_max"), "one step that is too much is a flood");
    }
}
