//! A connection on which commands are timed: sends, frames what comes back, and keeps for the judge what it does
//! not know already.

use super::judge::{Answer, Known};
use hdrhistogram::Histogram;
use qmprobe_target::{Connection, Direct, Read, Wait, Wrote, thread_cpu_ns};
use qmprobe_wire::{Dialect, ExchangeEnd, Frame, Framer, Limits, Message, MessageKind, Next, Value, request};
use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Milliseconds between looks at whether the run is to stop.
const LOOK: Duration = Duration::from_millis(100);
/// Frames that may come before a reply.
const FRAMES_MAX: usize = 10_000;
/// Ids have two digits, so that requests are equally long.
const IDS: std::ops::Range<u64> = 10..100;
/// The token of the agent's synchronisation.
const TOKEN: i64 = 0x5359_4E43;

/// Why a session cannot go on. What came until then is with the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The peer did not answer in time, or said too much.
    Silent,
    /// It closed the connection.
    Closed,
    /// The run is to stop.
    Stopped,
}

/// A command as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub name: String,
    /// The request up to the id, without an id the whole of it.
    head: Vec<u8>,
    tail: Vec<u8>,
    has_id: bool,
    /// The reply that is expected again.
    pub known: Option<Known>,
}

impl Ask {
    /// `newline` is for peers that read lines; QEMU reads each byte it does not need at a cost.
    pub fn new(name: &str, arguments: Option<&Value>, dialect: Dialect, newline: bool) -> Ask {
        // An agent is asked without an id: old ones refuse it.
        let has_id = dialect == Dialect::Qmp;
        let mut head = request::execute(name, arguments, None);
        let mut tail = Vec::new();
        if has_id {
            head.pop();
            head.extend_from_slice(b",\"id\":");
            tail.push(b'}');
        }
        if newline {
            tail.push(b'\n');
        }
        Ask { name: name.to_owned(), head, tail, has_id, known: None }
    }

    fn write(&self, id: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        if self.has_id {
            out.extend_from_slice(id);
        }
        out.extend_from_slice(&self.tail);
    }
}

/// What a block of requests came to.
#[derive(Debug, Default)]
pub(super) struct Timed {
    /// Nanoseconds from the first request to the last reply.
    pub wall_ns: u64,
    /// Processor nanoseconds of this thread; judging is not in it.
    pub cpu_ns: u64,
    /// Replies that came.
    pub replies: u32,
    /// What is to be judged.
    pub answers: Vec<Answer>,
    pub lost: Option<Lost>,
}

/// A request that is not answered yet.
#[derive(Clone, Copy, Debug)]
struct Due {
    id: u64,
    digits: [u8; 2],
    at: Instant,
}

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    direct: Direct,
    framer: Framer,
    chunk: Vec<u8>,
    out: Vec<u8>,
    due: VecDeque<Due>,
    frames: Vec<Frame>,
    next_id: u64,
    limits: Limits,
    stop: watch::Receiver<bool>,
    pub oob: bool,
}

impl Session {
    pub fn new(
        connection: Connection,
        wait: Wait,
        limits: &Limits,
        stop: watch::Receiver<bool>,
    ) -> io::Result<Session> {
        Ok(Session {
            direct: connection.into_direct(wait, LOOK)?,
            framer: Framer::new(limits),
            chunk: Vec::new(),
            out: Vec::new(),
            due: VecDeque::new(),
            frames: Vec::new(),
            next_id: IDS.start,
            limits: limits.clone(),
            stop,
            oob: false,
        })
    }

    /// Reads the greeting. An agent has none.
    pub async fn greet(&mut self, dialect: Dialect) -> Result<bool, Lost> {
        if dialect == Dialect::Qga {
            return Ok(false);
        }
        let until = Instant::now() + Duration::from_millis(self.limits.greeting_ms_max);
        let greeting = self.await_message(until, |message| message.kind == MessageKind::Greeting).await?;
        let offered = greeting.get("QMP").and_then(|qmp| qmp.get("capabilities")).and_then(Value::as_array);
        Ok(offered.is_some_and(|offered| offered.iter().any(|one| one.as_str() == Some("oob"))))
    }

    /// Brings the session to where commands run, with out-of-band execution if `oob`.
    pub async fn negotiate(&mut self, dialect: Dialect, oob: bool) -> Result<(), Lost> {
        let (bytes, token) = match dialect {
            Dialect::Qmp => {
                let oob_list = || ("enable".to_owned(), Value::Array(vec![Value::string("oob")]));
                let arguments = oob.then(|| Value::Object(vec![oob_list()]));
                (request::execute("qmp_capabilities", arguments.as_ref(), None), None)
            }
            Dialect::Qga => {
                let arguments = Value::Object(vec![("id".to_owned(), Value::int(TOKEN))]);
                (request::execute("guest-sync-delimited", Some(&arguments), None), Some(i128::from(TOKEN)))
            }
        };
        let until = Instant::now() + Duration::from_millis(self.limits.step_ms(bytes.len()));
        if self.direct.write(&[&bytes, b"\n" as &[u8]].concat()) != Wrote::All {
            return Err(Lost::Closed);
        }
        let answers = |message: &Message| match token {
            Some(token) => message.get("return").and_then(Value::as_integer) == Some(token),
            None => message.is_reply(),
        };
        let reply = self.await_message(until, answers).await?;
        self.oob = oob;
        if reply.kind == MessageKind::Return { Ok(()) } else { Err(Lost::Silent) }
    }

    /// Sends `count` requests, at most `window` of them unanswered, and records the nanoseconds of each.
    pub async fn block(&mut self, ask: &Ask, count: u32, window: usize, into: &mut Histogram<u64>) -> Timed {
        let mut timed = Timed::default();
        let (cpu, began) = (thread_cpu_ns(), Instant::now());
        let mut asked = 0;
        self.due.clear();
        while timed.replies < count {
            if asked < count && self.due.len() < window {
                self.out.clear();
                let now = Instant::now();
                while asked < count && self.due.len() < window {
                    let due = self.next_due(now);
                    ask.write(&due.digits, &mut self.out);
                    asked += 1;
                }
                if self.direct.write(&self.out) != Wrote::All {
                    timed.lost = Some(Lost::Closed);
                    break;
                }
            }
            if let Err(lost) = self.replies(ask, &mut timed, into).await {
                timed.lost = Some(lost);
                break;
            }
        }
        timed.wall_ns = u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX);
        timed.cpu_ns = thread_cpu_ns().saturating_sub(cpu);
        if let (Some(lost), Some(due)) = (timed.lost, self.due.front().copied()) {
            let end = match lost {
                Lost::Closed => ExchangeEnd::Closed,
                Lost::Silent if self.frames.len() >= FRAMES_MAX || self.framer.overflowed() => {
                    ExchangeEnd::Flooded("message_bytes_max")
                }
                Lost::Silent => ExchangeEnd::TimedOut { waited_ms: self.limits.step_ms_max },
                Lost::Stopped => return timed,
            };
            let answer = self.answer(ask, due, end);
            timed.answers.push(answer);
        }
        timed
    }

    fn next_due(&mut self, at: Instant) -> Due {
        let id = self.next_id;
        self.next_id = if id + 1 == IDS.end { IDS.start } else { id + 1 };
        let due = Due { id, digits: [b'0' + (id / 10) as u8, b'0' + (id % 10) as u8], at };
        self.due.push_back(due);
        due
    }

    /// Takes what comes, one reply at least.
    async fn replies(&mut self, ask: &Ask, timed: &mut Timed, into: &mut Histogram<u64>) -> Result<(), Lost> {
        let Some(first) = self.due.front().copied() else { return Ok(()) };
        let until = first.at + Duration::from_millis(self.limits.step_ms(self.out.len()));
        let before = timed.replies;
        while timed.replies == before {
            let (read, at) = self.read(until).await?;
            while let Some(due) = self.due.front().copied() {
                let next = match ask.known.as_ref().filter(|_| self.frames.is_empty()) {
                    Some(known) => self.framer.take_known(&known.with_id(&due.digits)),
                    None => Next::Other,
                };
                match next {
                    Next::Begun if read != Read::TimedOut => break,
                    Next::Known => {}
                    Next::Begun | Next::Other => {
                        // A line end that did not come with its message is not worth a deadline.
                        let is_cut = read == Read::TimedOut && self.framer.awaits_line_end();
                        let frame =
                            if is_cut { self.framer.next_unterminated() } else { self.framer.next_frame() };
                        let Some(frame) = frame else { break };
                        let is_reply = matches!(&frame, Frame::Message(message) if message.is_reply());
                        self.frames.push(frame);
                        if self.frames.len() >= FRAMES_MAX {
                            return Err(Lost::Silent);
                        }
                        if !is_reply {
                            continue;
                        }
                        let answer = self.answer(ask, due, ExchangeEnd::Complete);
                        timed.answers.push(answer);
                    }
                }
                self.due.pop_front();
                timed.replies += 1;
                let ns = u64::try_from(at.saturating_duration_since(due.at).as_nanos()).unwrap_or(u64::MAX);
                // It grows as it must, so nothing is left out.
                let _ = into.record(ns);
            }
            let in_time = timed.replies > before || at < until;
            if self.framer.overflowed() || !in_time {
                return Err(Lost::Silent);
            }
        }
        Ok(())
    }

    fn answer(&mut self, ask: &Ask, due: Due, end: ExchangeEnd) -> Answer {
        let mut sent = Vec::new();
        ask.write(&due.digits, &mut sent);
        Answer { sent, id: ask.has_id.then_some(due.id), received: std::mem::take(&mut self.frames), end }
    }

    /// Feeds the framer what comes next, and says when it came. A time-out within the deadline is no loss: what is
    /// there may be a message without its line end.
    async fn read(&mut self, until: Instant) -> Result<(Read, Instant), Lost> {
        self.chunk.clear();
        let read = self.direct.read(&mut self.chunk);
        let at = Instant::now();
        self.framer.feed(&self.chunk);
        match read {
            Read::Bytes(_) => {}
            Read::Eof | Read::Reset => return Err(Lost::Closed),
            Read::TimedOut => {
                // Lets the runtime hear a signal.
                tokio::task::yield_now().await;
                if *self.stop.borrow() {
                    return Err(Lost::Stopped);
                }
                if at >= until {
                    return Err(Lost::Silent);
                }
            }
        }
        Ok((read, at))
    }

    async fn await_message(
        &mut self,
        until: Instant,
        is_it: impl Fn(&Message) -> bool,
    ) -> Result<Message, Lost> {
        let mut seen = 0;
        loop {
            let (read, _) = self.read(until).await?;
            let is_cut = read == Read::TimedOut && self.framer.awaits_line_end();
            loop {
                let frame = if is_cut { self.framer.next_unterminated() } else { self.framer.next_frame() };
                let Some(frame) = frame else { break };
                seen += 1;
                match frame {
                    Frame::Message(message) if is_it(&message) => return Ok(message),
                    _ if seen >= FRAMES_MAX => return Err(Lost::Silent),
                    _ => {}
                }
            }
            if self.framer.overflowed() || Instant::now() >= until {
                return Err(Lost::Silent);
            }
        }
    }

    /// Closes as a well-behaved client does.
    pub fn close(self) {
        self.direct.close();
    }
}
