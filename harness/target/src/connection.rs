//! One connection to a peer: bytes out, bytes in, each with a deadline. No framing and no retry.

mod direct;

pub use direct::{Direct, Wait};

use crate::transport::Stream;
use rustix::buffer::spare_capacity;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, Shutdown};
use std::io::{self, ErrorKind, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use tokio::io::Interest;
use tokio::time::timeout;

/// Bytes asked for at once.
const READ_BYTES: usize = 64 << 10;

/// What a read came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// So many bytes were appended, at least one.
    Bytes(usize),
    /// The peer has shut down its side; nothing can come any more.
    Eof,
    /// The connection is broken.
    Reset,
    /// Nothing came in time; for [`Connection::try_read`]: nothing is there.
    TimedOut,
}

/// What a write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrote {
    /// Everything was handed to the system.
    All,
    /// Time was up after so many bytes.
    TimedOut(usize),
    /// The peer takes no more.
    Closed,
}

/// A connection. Dropping it closes it at once, which is rude to a peer that is still sending: see
/// [`Connection::close`].
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    /// What came while we were writing.
    held: Vec<u8>,
    /// Bytes that `held` may reach before a write stops making room for the peer's output.
    held_bytes_max: usize,
    /// How reading ended, once it has.
    ended: Option<Read>,
}

impl Connection {
    pub(crate) fn new(stream: Stream, held_bytes_max: usize) -> Connection {
        Connection { stream, held: Vec::new(), held_bytes_max, ended: None }
    }

    pub(crate) fn adopt(stream: UnixStream, held_bytes_max: usize) -> io::Result<Connection> {
        stream.set_nonblocking(true)?;
        Ok(Connection::new(Stream::unix(stream)?, held_bytes_max))
    }

    /// Writes all of `bytes` within `deadline_ms`.
    ///
    /// A peer may answer while we still write, and stop reading until its answer is taken. So what comes
    /// meanwhile is held back for the next read.
    pub async fn write(&mut self, bytes: &[u8], deadline_ms: u64) -> Wrote {
        self.write_with(bytes, None, deadline_ms).await
    }

    /// The same, with a copy of a descriptor beside the first byte (unix(7), SCM_RIGHTS). Only a unix socket
    /// takes one.
    pub async fn write_with(&mut self, bytes: &[u8], fd: Option<BorrowedFd<'_>>, deadline_ms: u64) -> Wrote {
        let mut sent = 0;
        match timeout(Duration::from_millis(deadline_ms), self.push(bytes, fd, &mut sent)).await {
            Ok(wrote) => wrote,
            Err(_) => Wrote::TimedOut(sent),
        }
    }

    async fn push(&mut self, bytes: &[u8], fd: Option<BorrowedFd<'_>>, sent: &mut usize) -> Wrote {
        while let Some(rest) = bytes.get(*sent..).filter(|rest| !rest.is_empty()) {
            let fd = fd.filter(|_| *sent == 0);
            match self.stream.try_io(Interest::WRITABLE, || send(&self.stream, rest, fd)) {
                Ok(count) => *sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if self.make_room().await.is_err() {
                        return Wrote::Closed;
                    }
                }
                Err(_) => return Wrote::Closed,
            }
        }
        Wrote::All
    }

    /// Waits until the socket takes more, and meanwhile takes what the peer has to say.
    async fn make_room(&mut self) -> io::Result<()> {
        let listens = self.ended.is_none() && self.held.len() < self.held_bytes_max;
        let interest = if listens { Interest::READABLE | Interest::WRITABLE } else { Interest::WRITABLE };
        let ready = self.stream.ready(interest).await?;
        if listens && ready.is_readable() {
            let received = self.stream.try_io(Interest::READABLE, || receive(&self.stream, &mut self.held));
            self.ended = ending(outcome(received));
        }
        Ok(())
    }

    /// Appends what comes next to `into`, waiting up to `deadline_ms` for the first byte.
    pub async fn read(&mut self, into: &mut Vec<u8>, deadline_ms: u64) -> Read {
        // What waits to be read is reported as such: to ask for it first costs a system call each time.
        if deadline_ms == 0 || self.ended.is_some() || !self.held.is_empty() {
            return self.try_read(into);
        }
        timeout(Duration::from_millis(deadline_ms), self.arrival(into)).await.unwrap_or(Read::TimedOut)
    }

    async fn arrival(&mut self, into: &mut Vec<u8>) -> Read {
        loop {
            if self.stream.ready(Interest::READABLE).await.is_err() {
                return Read::Reset;
            }
            let read = outcome(self.stream.try_io(Interest::READABLE, || receive(&self.stream, into)));
            self.ended = ending(read);
            if read != Read::TimedOut {
                return read;
            }
        }
    }

    /// Appends what is there to `into`. Asks the system, not the runtime: what arrived a moment ago counts.
    pub fn try_read(&mut self, into: &mut Vec<u8>) -> Read {
        if !self.held.is_empty() {
            let count = self.held.len();
            into.append(&mut self.held);
            return Read::Bytes(count);
        }
        if let Some(ended) = self.ended {
            return ended;
        }
        let read = outcome(receive(&self.stream, into));
        self.ended = ending(read);
        read
    }

    /// Tells the peer that nothing more will be sent; it may still answer. False where there is no way to tell it.
    pub async fn half_close(&mut self) -> bool {
        // A peer that is gone already has nothing to be told, and a line no way to say it.
        rustix::net::shutdown(&self.stream, Shutdown::Write).is_ok()
    }

    /// Closes politely: shuts down our side, takes what still comes for at most `drain_ms`, and closes.
    /// qemu-ga, for one, exits when a client closes with a reply unread (`ga_channel_client_event`).
    pub async fn close(mut self, drain_ms: u64) {
        self.half_close().await;
        let until = Instant::now() + Duration::from_millis(drain_ms);
        let mut dropped = Vec::new();
        loop {
            dropped.clear();
            let left_ms = until.saturating_duration_since(Instant::now()).as_millis() as u64;
            if left_ms == 0 || !matches!(self.read(&mut dropped, left_ms).await, Read::Bytes(_)) {
                return;
            }
        }
    }

    /// Waits until something can be read or the peer has closed, without taking anything.
    pub(crate) async fn stirs(&self) {
        let _ = self.stream.ready(Interest::READABLE).await;
    }

    /// Takes what is there into the buffer of the next read; true when the peer has closed without a word.
    pub(crate) fn closed_silently(&mut self) -> bool {
        let received = receive(&self.stream, &mut self.held);
        self.ended = ending(outcome(received));
        self.held.is_empty() && self.ended.is_some()
    }
}

fn receive(stream: &Stream, into: &mut Vec<u8>) -> io::Result<usize> {
    if into.capacity() - into.len() < READ_BYTES / 4 {
        into.reserve(READ_BYTES);
    }
    Ok(rustix::io::retry_on_intr(|| rustix::io::read(stream, spare_capacity(into)))?)
}

fn send(stream: &Stream, bytes: &[u8], fd: Option<BorrowedFd<'_>>) -> io::Result<usize> {
    if let Stream::Serial(line) = stream {
        return match fd {
            Some(_) => Err(ErrorKind::Unsupported.into()),
            None => Ok(rustix::io::retry_on_intr(|| rustix::io::write(line, bytes))?),
        };
    }
    let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
    let Some(fd) = fd else {
        return Ok(rustix::io::retry_on_intr(|| rustix::net::send(stream, bytes, flags))?);
    };
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    let fds = [fd];
    beside.push(SendAncillaryMessage::ScmRights(&fds));
    let bytes = [IoSlice::new(bytes)];
    Ok(rustix::io::retry_on_intr(|| rustix::net::sendmsg(stream, &bytes, &mut beside, flags))?)
}

fn outcome(received: io::Result<usize>) -> Read {
    match received {
        Ok(0) => Read::Eof,
        Ok(count) => Read::Bytes(count),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Read::TimedOut,
        Err(_) => Read::Reset,
    }
}

fn ending(read: Read) -> Option<Read> {
    matches!(read, Read::Eof | Read::Reset).then_some(read)
}
