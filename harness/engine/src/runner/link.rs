//! One connection with its framer: listens until something is reached, the time is up or a limit is passed.

use super::due::{Reached, Until, replies};
use super::ear::Ear;
use super::tap::Tap;
use super::vigil::Vigil;
use qmprobe_target::{Connection, Read, Wrote};
use qmprobe_wire::{ExchangeEnd, Frame, Framer, Limits, Payload, Received};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// Milliseconds between looks at whether the run is to stop.
const STOP_LOOK_MS: u64 = 100;
/// Milliseconds in which a reply that may stay out can still come.
const MAYBE_MS: u64 = 300;
/// Bytes of an incomplete message that are kept as evidence.
const HEAD_BYTES_MAX: usize = 1024;

/// A connection, and what came over it but was not given out yet.
#[derive(Debug)]
pub(super) struct Link {
    connection: Connection,
    framer: Framer,
    chunk: Vec<u8>,
    /// How the incomplete message begins.
    head: Vec<u8>,
    /// Nothing more can come.
    pub ended: bool,
    /// Something was written.
    asked: bool,
    /// A client that gets back in step listens in.
    pub tap: Option<Tap>,
}

/// How listening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// What was waited for.
    All,
    TimedOut {
        waited_ms: u64,
    },
    /// The case's time was over before the peer's was.
    CutShort,
    /// The peer closed before.
    Closed,
    /// This limit was passed.
    Flooded(&'static str),
    /// The run is to stop.
    Stopped,
}

impl Heard {
    /// The end of an exchange that ended so. A run that stops throws the exchange away.
    pub fn end(self) -> ExchangeEnd {
        match self {
            Heard::All | Heard::Stopped => ExchangeEnd::Complete,
            Heard::TimedOut { waited_ms } => ExchangeEnd::TimedOut { waited_ms },
            Heard::CutShort => ExchangeEnd::Unread,
            Heard::Closed => ExchangeEnd::Closed,
            Heard::Flooded(limit) => ExchangeEnd::Flooded(limit),
        }
    }
}

impl Link {
    pub fn new(connection: Connection, limits: &Limits) -> Link {
        Link {
            connection,
            framer: Framer::new(limits),
            chunk: Vec::new(),
            head: Vec::new(),
            ended: false,
            asked: false,
            tap: None,
        }
    }

    pub async fn write(&mut self, bytes: &[u8], deadline_ms: u64) -> Wrote {
        self.asked = true;
        self.connection.write(bytes, deadline_ms).await
    }

    /// The same of a payload, with a copy of a descriptor beside its first byte, as long as the peer takes something
    /// within each `stall_ms`.
    pub async fn write_with(
        &mut self,
        payload: &Payload,
        mut fd: Option<BorrowedFd<'_>>,
        stall_ms: u64,
        deadline: Instant,
    ) -> Wrote {
        self.asked = true;
        let (mut chunks, mut sent) = (payload.chunks(), 0);
        while let Some(mut rest) = chunks.advance() {
            while !rest.is_empty() {
                let left_ms = deadline.saturating_duration_since(Instant::now()).as_millis() as u64;
                let taken = match self.connection.write_with(rest, fd.take(), stall_ms.min(left_ms)).await {
                    Wrote::All => rest.len(),
                    Wrote::TimedOut(count) if count > 0 && left_ms > stall_ms => count,
                    Wrote::TimedOut(count) => return Wrote::TimedOut(sent + count),
                    Wrote::Closed => return Wrote::Closed,
                };
                sent += taken;
                rest = &rest[taken..];
            }
        }
        Wrote::All
    }

    pub async fn half_close(&mut self) -> bool {
        self.connection.half_close().await
    }

    /// Closes as a well-behaved client does.
    pub async fn close(self, drain_ms: u64) {
        self.connection.close(drain_ms).await;
    }

    /// White space that came before anything was written, which is no frame.
    pub fn unasked_blank(&mut self) -> Option<Frame> {
        let blank = if self.asked { Vec::new() } else { self.framer.take_leading() };
        (!blank.is_empty()).then_some(Frame::Garbage(blank))
    }

    /// Whether the peer has begun a message and not completed it.
    pub fn is_in_message(&self) -> bool {
        self.framer.pending() > 0
    }

    /// Takes what is there, without waiting.
    pub fn drain(&mut self, ear: &mut Ear, into: &mut Vec<Received>) {
        while !self.ended && ear.passed_limit().is_none() && !self.framer.overflowed() {
            let read = self.connection.try_read(&mut self.chunk);
            self.take(read, ear);
            self.give(ear, into);
            if read == Read::TimedOut {
                break;
            }
        }
    }

    /// Listens and appends to `into`, which holds what this exchange has received so far.
    pub async fn listen(
        &mut self,
        ear: &mut Ear,
        until: &Until,
        deadline: Instant,
        into: &mut Vec<Received>,
    ) -> Heard {
        let began = Instant::now();
        let mut patience = deadline;
        let step = deadline.saturating_duration_since(began);
        let mut answered = replies(into);
        let mut got_on = began;
        let mut deadline = deadline;
        let (mut nearly, mut doubtful) = (false, false);
        let (mut heard, mut begun, mut grown) = (into.len(), 0, 0);
        let answers = matches!(until, Until::Greeting | Until::Replies(_));
        let watch = ear.watch.filter(|_| answers);
        let mut vigil = watch.map(|watch| Vigil::over(watch, patience.saturating_duration_since(began)));
        loop {
            self.give(ear, into);
            if let Some(limit) = self.passed_limit(ear) {
                return Heard::Flooded(limit);
            }
            if matches!(until, Until::Synced) && self.is_answered() {
                return Heard::All;
            }
            let reached = until.reached(into);
            match reached {
                Reached::Yes => {
                    if doubtful {
                        ear.doubted(true);
                    }
                    return Heard::All;
                }
                Reached::Doubtful if !ear.doubts() => return Heard::All,
                // As long as it goes on talking it has not said all.
                Reached::Nearly | Reached::Doubtful
                    if !nearly || into.len() > heard || self.has_more(&mut begun) =>
                {
                    nearly = true;
                    doubtful = reached == Reached::Doubtful;
                    deadline = patience.min(Instant::now() + Duration::from_millis(MAYBE_MS));
                }
                Reached::Nearly | Reached::Doubtful | Reached::No => {}
            }
            if let Some(vigil) = vigil.as_mut().filter(|_| into.len() > heard) {
                vigil.heard();
            }
            let answers_more = into.len() > heard && replies(into) > answered;
            if (answers_more || self.has_more(&mut grown)) && until.is_owed(into) {
                // What is answered after the first reply was not begun before it, and a reply takes as long as it comes:
                // either has its own time.
                answered = replies(into);
                got_on = Instant::now();
                deadline = ear.within_case(got_on + step);
                patience = deadline;
            }
            heard = into.len();
            if self.ended {
                return if matches!(until, Until::Eof) { Heard::All } else { Heard::Closed };
            }
            if ear.stopped() {
                return Heard::Stopped;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let in_vain = !nearly && vigil.as_mut().is_some_and(Vigil::is_in_vain);
            if left.is_zero() || in_vain {
                if doubtful {
                    ear.doubted(false);
                }
                if nearly || matches!(until, Until::Time) {
                    return Heard::All;
                }
                let cut_short = !in_vain && ear.cuts_short(got_on);
                return if cut_short { Heard::CutShort } else { self.give_up(ear, into, began) };
            }
            self.hear(ear, left, into).await;
        }
    }

    /// Whether more of a message has come than so much, which is brought up to date.
    fn has_more(&self, begun: &mut usize) -> bool {
        let pending = self.framer.pending();
        std::mem::replace(begun, pending) < pending
    }

    /// Waits for bytes, for at most `left` and not longer than a look at the run's end or a line end is due.
    async fn hear(&mut self, ear: &mut Ear, left: Duration, into: &mut Vec<Received>) {
        let left_ms = u64::try_from(left.as_micros().div_ceil(1000)).unwrap_or(u64::MAX);
        let awaits_line_end = self.framer.awaits_line_end();
        let wait_ms = if awaits_line_end { ear.line_end_ms() } else { STOP_LOOK_MS };
        let read = self.connection.read(&mut self.chunk, wait_ms.min(left_ms)).await;
        self.take(read, ear);
        // A wait that ends sooner for another reason tells nothing of the line end.
        let waited = matches!(read, Read::Bytes(_)) || wait_ms <= left_ms;
        if awaits_line_end && waited {
            ear.line_end(matches!(read, Read::Bytes(_)));
            if read == Read::TimedOut {
                self.give_unterminated(ear, into);
            }
        }
    }

    fn take(&mut self, read: Read, ear: &mut Ear) {
        match read {
            Read::Bytes(count) => ear.took_bytes(count),
            Read::Eof | Read::Reset => self.ended = true,
            Read::TimedOut => {}
        }
        self.framer.feed(&self.chunk);
        if let Some(tap) = &mut self.tap {
            tap.hear(&self.chunk);
        }
    }

    /// Whether the client at the tap has its answer, and the framer the whole of that line.
    fn is_answered(&self) -> bool {
        self.tap.as_ref().is_some_and(Tap::is_over) && !self.framer.awaits_line_end()
    }

    /// Gives out the whole frames, and remembers how an incomplete one begins.
    fn give(&mut self, ear: &mut Ear, into: &mut Vec<Received>) {
        while ear.passed_limit().is_none() {
            let frame = if self.ended { self.framer.next_unterminated() } else { self.framer.next_frame() };
            let Some(frame) = frame else { break };
            hand_over(frame, ear, into);
        }
        self.remember_head();
        self.chunk.clear();
    }

    fn remember_head(&mut self) {
        let mut fresh = self.chunk.as_slice();
        // Else the incomplete message began in an earlier chunk, and goes on.
        if let Some(at) = fresh.len().checked_sub(self.framer.pending()) {
            self.head.clear();
            fresh = &fresh[at..];
        }
        let room = HEAD_BYTES_MAX.saturating_sub(self.head.len());
        self.head.extend_from_slice(&fresh[..room.min(fresh.len())]);
    }

    fn give_unterminated(&mut self, ear: &mut Ear, into: &mut Vec<Received>) {
        if let Some(frame) = self.framer.next_unterminated() {
            hand_over(frame, ear, into);
        }
    }

    /// Time is up: what is there of a message counts as what it is, bytes that make none.
    fn give_up(&mut self, ear: &mut Ear, into: &mut Vec<Received>, began: Instant) -> Heard {
        self.give_unterminated(ear, into);
        if self.is_in_message() && !self.head.is_empty() {
            into.push(ear.received(Frame::Garbage(std::mem::take(&mut self.head))));
        }
        Heard::TimedOut { waited_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX) }
    }

    fn passed_limit(&self, ear: &Ear) -> Option<&'static str> {
        if self.framer.overflowed() { Some("message_bytes_max") } else { ear.passed_limit() }
    }
}

fn hand_over(frame: Frame, ear: &mut Ear, into: &mut Vec<Received>) {
    if let Frame::Message(message) = &frame {
        ear.took_message(message);
    }
    into.push(ear.received(frame));
}
