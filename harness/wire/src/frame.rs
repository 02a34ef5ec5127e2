//! Cuts a peer's output into messages by JSON value, never by line: `pretty=on` and missing newlines work.

use crate::limits::Limits;
use crate::message::{LineEnd, Message};
use crate::scan::run_length;
use crate::tape::{Progress, Reader};
use memchr::memchr3;

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

/// Bytes given out, at least, before the buffer is moved together.
const COMPACT_BYTES: usize = 1 << 16;

/// White space behind a message in which its line end is looked for.
const BLANKS_MAX: usize = 64;

/// How output that comes next compares with a message that is known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is that message, which was given out with that.
    Known,
    /// It may become that message.
    Begun,
    /// It is something else.
    Other,
}

/// Incremental framer. Feed bytes as they come, then take frames until there are none.
/// Every byte is looked at a fixed number of times, however the input is split.
#[derive(Debug)]
pub struct Framer {
    buffer: Vec<u8>,
    /// Bytes of the buffer already given out.
    head: usize,
    /// Bytes of the buffer already looked at.
    scan: usize,
    state: State,
    reader: Reader,
    limits: Limits,
    /// White space that came, as long as nothing else has.
    leading: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Between messages.
    Between,
    /// Behind a sentinel, which stands directly before its message.
    Sentinel,
    /// In a message that began at `head`, and is strict JSON as far as it was read.
    Strict,
    /// In one that is not: its brackets are counted.
    Message(Inside),
    /// A message from `head` to this offset is complete; its line end is not known yet.
    Complete { end: usize, strict: bool },
    /// In bytes that belong to no message, from `head` on.
    Garbage,
}

/// Where in a message.
#[derive(Clone, Copy, Debug, Default)]
struct Inside {
    /// Brackets and braces open.
    depth: usize,
    in_string: bool,
    /// The byte before was the backslash of an escape.
    escaped: bool,
}

impl Framer {
    /// An empty framer.
    pub fn new(limits: &Limits) -> Framer {
        Framer {
            buffer: Vec::new(),
            head: 0,
            scan: 0,
            state: State::Between,
            reader: Reader::default(),
            limits: limits.clone(),
            leading: Some(Vec::new()),
        }
    }

    /// Takes bytes in, in any split.
    pub fn feed(&mut self, bytes: &[u8]) {
        // Only when at least half of it is given out: then moving costs no more than reading did.
        let mostly_given = self.head >= COMPACT_BYTES && self.head * 2 >= self.buffer.len();
        if mostly_given || self.head == self.buffer.len() {
            self.buffer.drain(..self.head);
            self.scan -= self.head;
            if let State::Complete { end, .. } = &mut self.state {
                *end -= self.head;
            }
            self.head = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame. A message is given out once its line end is known: after `\n` or `\r\n`, or when
    /// what follows is neither. `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            match self.state {
                State::Between => {
                    if let Some(sentinel) = self.between()? {
                        return Some(sentinel);
                    }
                }
                State::Sentinel => {
                    if let Some(garbage) = self.behind_sentinel()? {
                        return Some(garbage);
                    }
                }
                State::Strict => self.strict()?,
                State::Message(inside) => {
                    if let Some(garbage) = self.message(inside)? {
                        return Some(garbage);
                    }
                }
                State::Complete { end, strict } => return self.terminated(end, strict),
                State::Garbage => return self.garbage(),
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
            State::Complete { end, strict } => {
                Some(self.give_message(end, self.buffer.len(), LineEnd::Missing, strict))
            }
            State::Garbage => Some(self.give_garbage(self.buffer.len())),
            State::Between | State::Sentinel | State::Strict | State::Message(_) => None,
        }
    }

    /// Gives out a message without reading it, if it is, byte for byte, the one that these parts make up: the
    /// short way for a peer that says the same again.
    pub fn take_known(&mut self, parts: &[&[u8]]) -> Next {
        if matches!(self.state, State::Garbage) {
            return Next::Other;
        }
        let mut at = self.head;
        if matches!(self.state, State::Between) {
            at += self.buffer[at..].iter().take_while(|byte| is_blank(**byte)).count();
        }
        for part in parts {
            let rest = &self.buffer[at..];
            if !rest.starts_with(part) {
                return if part.starts_with(rest) { Next::Begun } else { Next::Other };
            }
            at += part.len();
        }
        self.give_out(at);
        Next::Known
    }

    /// Whether a message is complete but for its line end.
    pub fn awaits_line_end(&self) -> bool {
        matches!(self.state, State::Complete { .. })
    }

    /// White space that came, as long as nothing else has, and as far as it is kept; once.
    pub fn take_leading(&mut self) -> Vec<u8> {
        self.leading.as_mut().map(std::mem::take).unwrap_or_default()
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

    /// Skips white space and sees what begins: `None` when nothing does.
    fn between(&mut self) -> Option<Option<Frame>> {
        let rest = &self.buffer[self.head..];
        let blank = rest.iter().take_while(|byte| is_blank(**byte)).count();
        if let Some(leading) = &mut self.leading {
            let room = BLANKS_MAX.saturating_sub(leading.len());
            leading.extend_from_slice(&rest[..blank.min(room)]);
            if blank < rest.len() {
                self.leading = None;
            }
        }
        self.give_out(self.head + blank);
        match self.buffer.get(self.head)? {
            0xFF => {
                self.give_out(self.head + 1);
                self.state = State::Sentinel;
                return Some(Some(Frame::Sentinel));
            }
            b'{' | b'[' => {
                self.reader.reset();
                self.state = State::Strict;
            }
            _ => self.state = State::Garbage,
        }
        Some(None)
    }

    /// White space behind a sentinel is skipped by nobody who looks for the message there: `None` when it may go on.
    fn behind_sentinel(&mut self) -> Option<Option<Frame>> {
        let rest = &self.buffer[self.head..];
        let length = rest.iter().position(|byte| !is_blank(*byte))?;
        if length > 0 {
            return Some(Some(self.give_garbage(self.head + length)));
        }
        self.state = State::Between;
        Some(None)
    }

    /// Goes on in a message, without looking at its end for itself: `None` when it needs more.
    fn strict(&mut self) -> Option<()> {
        match self.reader.advance(&self.buffer[self.head..], self.limits.nesting_max) {
            Progress::More => return None,
            Progress::Whole(length) => {
                self.scan = self.head + length;
                self.state = State::Complete { end: self.scan, strict: true };
            }
            Progress::Odd => self.state = State::Message(Inside::default()),
        }
        Some(())
    }

    /// Goes on in a message: `None` when it needs more, `Some(None)` when it is complete, and what there was of
    /// it when it was cut short.
    fn message(&mut self, inside: Inside) -> Option<Option<Frame>> {
        let Inside { mut depth, mut in_string, mut escaped } = inside;
        let mut at = self.scan;
        loop {
            if in_string && !escaped {
                at += run_length(&self.buffer[at..], ends_run);
            }
            let Some(&byte) = self.buffer.get(at) else { break };
            if byte == 0xFF {
                return Some(Some(self.give_garbage(at)));
            }
            if in_string && byte == b'\n' {
                // A message that was cut is followed by another; a raw newline in a string is not.
                match self.buffer.get(at + 1) {
                    None => break,
                    Some(b'{' | 0xFF) => return Some(Some(self.give_garbage(at))),
                    Some(_) => {}
                }
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
                        self.state = State::Complete { end: at, strict: false };
                        return Some(None);
                    }
                }
                _ => {}
            }
        }
        self.scan = at;
        self.state = State::Message(Inside { depth, in_string, escaped });
        None
    }

    fn terminated(&mut self, end: usize, strict: bool) -> Option<Frame> {
        // White space behind a message is part of its line.
        let rest = self.buffer[end..].iter().take(BLANKS_MAX);
        let line = end + rest.take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (line_end, after) = match (self.buffer.get(line)?, self.buffer.get(line + 1)) {
            (b'\n', _) => (LineEnd::Lf, line + 1),
            (b'\r', None) => return None,
            (b'\r', Some(b'\n')) => (LineEnd::CrLf, line + 2),
            _ => (LineEnd::Missing, end),
        };
        Some(self.give_message(end, after, line_end, strict))
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

    fn give_message(&mut self, end: usize, consumed: usize, line_end: LineEnd, strict: bool) -> Frame {
        let bytes = self.buffer[self.head..end].to_vec();
        self.give_out(consumed);
        let tape = strict.then(|| self.reader.take());
        Frame::Message(Message::on_tape(bytes, line_end, self.limits.nesting_max, tape))
    }

    fn give_garbage(&mut self, end: usize) -> Frame {
        let bytes = &self.buffer[self.head..end];
        let before_newline = self.buffer.get(end) == Some(&b'\n');
        let stripped = bytes.strip_suffix(b"\r").filter(|_| before_newline);
        let bytes = stripped.unwrap_or(bytes).to_vec();
        self.give_out(end);
        Frame::Garbage(bytes)
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What means something within a string: quote, backslash, control character, sentinel.
fn ends_run(byte: u8) -> bool {
    (byte == b'"') | (byte == b'\\') | (byte < 0x20) | (byte == 0xFF)
}
