//! Cuts a peer's output into messages by JSON value, never by line: `pretty=on` and missing newlines work.

use crate::limits::Limits;
use crate::message::{LineEnd, Message};
use memchr::{memchr, memchr3};

/// One piece of a peer's output.
#[derive(Clone, Debug)]
pub enum Frame {
    /// A complete JSON object or array.
    Message(Message),
    /// A byte 0xFF outside (or cutting short) a message: the guest agent's sentinel.
    Sentinel,
    /// Bytes that belong to no message: neither white space nor the start of an object.
    Garbage(Vec<u8>),
}

/// Bytes given out before the buffer is moved together.
const COMPACT_BYTES: usize = 1 << 16;

/// Incremental framer. Feed bytes as they come, then take frames until there are none.
/// Every byte is looked at once, however the input is split.
#[derive(Debug)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Bytes of the buffer already given out.
    head: usize,
    /// Bytes of the buffer already looked at.
    scan: usize,
    state: State,
    limits: Limits,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Between messages.
    Between,
    /// In a message that began at `head`.
    Message { depth: usize, in_string: bool, escaped: bool },
    /// A message from `head` to this offset is complete; its line end is not known yet.
    Complete { end: usize },
    /// In bytes that belong to no message, from `head` on.
    Garbage,
}

impl Framer {
    /// An empty framer.
    pub fn new(limits: &Limits) -> Framer {
        Framer { buffer: Vec::new(), head: 0, scan: 0, state: State::Between, limits: limits.clone() }
    }

    /// Takes bytes in, in any split.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.head >= COMPACT_BYTES || self.head == self.buffer.len() {
            self.buffer.drain(..self.head);
            self.scan -= self.head;
            if let State::Complete { end } = &mut self.state {
                *end -= self.head;
            }
            self.head = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame. A message is given out once its line end is known: after `\n`, or when the next
    /// byte is no white space. `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            match self.state {
                State::Between => self.between()?,
                State::Message { .. } => {
                    if let Some(frame) = self.message()? {
                        return Some(frame);
                    }
                }
                State::Complete { end } => return self.terminated(end),
                State::Garbage => return self.garbage(),
            }
            if matches!(self.state, State::Between) && self.buffer.get(self.head) == Some(&0xFF) {
                self.give_out(self.head + 1);
                return Some(Frame::Sentinel);
            }
        }
    }

    /// Like [`Framer::next_frame`], but gives out a message whose line end has not come yet, as
    /// [`LineEnd::Missing`], and garbage that may go on.
    pub fn next_unterminated(&mut self) -> Option<Frame> {
        if let Some(frame) = self.next_frame() {
            return Some(frame);
        }
        match self.state {
            State::Complete { end } => Some(self.give_message(end, self.buffer.len(), LineEnd::Missing)),
            State::Garbage => Some(self.give_garbage(self.buffer.len())),
            State::Between | State::Message { .. } => None,
        }
    }

    /// Whether a message is complete but for its line end.
    pub fn awaits_line_end(&self) -> bool {
        matches!(self.state, State::Complete { .. })
    }

    /// Bytes held that belong to an incomplete message.
    pub fn pending(&self) -> usize {
        match self.state {
            State::Between => 0,
            _ => self.buffer.len() - self.head,
        }
    }

    /// Whether the incomplete message is longer than the limit: the peer sends an endless one.
    pub fn overflowed(&self) -> bool {
        self.pending() > self.limits.message_bytes_max
    }

    /// Skips white space and sees what begins. `None` when nothing does.
    fn between(&mut self) -> Option<()> {
        let rest = &self.buffer[self.head..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.give_out(self.head + blank);
        match self.buffer.get(self.head)? {
            0xFF => {}
            b'{' | b'[' => self.state = State::Message { depth: 0, in_string: false, escaped: false },
            _ => self.state = State::Garbage,
        }
        Some(())
    }

    /// Goes on in a message: `Some(None)` when it is complete, `Some(frame)` when it was cut short.
    fn message(&mut self) -> Option<Option<Frame>> {
        let State::Message { mut depth, mut in_string, mut escaped } = self.state else { return Some(None) };
        let mut at = self.scan;
        while let Some(&byte) = self.buffer.get(at) {
            if in_string && !escaped && byte >= 0x20 && byte != b'"' && byte != b'\\' && byte != 0xFF {
                at += plain_run(&self.buffer[at..]);
                continue;
            }
            if byte == 0xFF || (in_string && byte < 0x20) {
                return Some(Some(self.give_garbage(at)));
            }
            at += 1;
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'{' | b'[' if !in_string => depth += 1,
                b'}' | b']' if !in_string => {
                    depth -= 1;
                    if depth == 0 {
                        self.scan = at;
                        self.state = State::Complete { end: at };
                        return Some(None);
                    }
                }
                _ => {}
            }
        }
        self.scan = at;
        self.state = State::Message { depth, in_string, escaped };
        None
    }

    fn terminated(&mut self, end: usize) -> Option<Frame> {
        let rest = &self.buffer[end..];
        let blank = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
        let (line_end, consumed) = match rest.get(blank)? {
            b'\n' if blank == 1 && rest[0] == b'\r' => (LineEnd::CrLf, blank + 1),
            b'\n' if blank == 0 => (LineEnd::Lf, 1),
            _ => (LineEnd::Missing, 0),
        };
        Some(self.give_message(end, end + consumed, line_end))
    }

    fn garbage(&mut self) -> Option<Frame> {
        let from = self.scan.max(self.head);
        let rest = &self.buffer[from..];
        match memchr3(b'\n', b'{', 0xFF, rest) {
            Some(length) => Some(self.give_garbage(from + length)),
            None => {
                self.scan = self.buffer.len();
                None
            }
        }
    }

    fn give_out(&mut self, to: usize) {
        self.head = to;
        self.scan = to;
        self.state = State::Between;
    }

    fn give_message(&mut self, end: usize, consumed: usize, line_end: LineEnd) -> Frame {
        let bytes = self.buffer[self.head..end].to_vec();
        self.give_out(consumed);
        Frame::Message(Message::new(bytes, line_end, self.limits.nesting_max))
    }

    fn give_garbage(&mut self, end: usize) -> Frame {
        let bytes = &self.buffer[self.head..end];
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes).to_vec();
        self.give_out(end);
        Frame::Garbage(bytes)
    }
}

/// How many bytes from here on are neither quote, backslash, control character nor 0xFF.
fn plain_run(bytes: &[u8]) -> usize {
    let quote = memchr(b'"', bytes).unwrap_or(bytes.len());
    let run = &bytes[..quote];
    run.iter().position(|byte| *byte < 0x20 || *byte == b'\\' || *byte == 0xFF).unwrap_or(quote)
}
