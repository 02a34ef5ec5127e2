//! A connection in the hands of one thread, which it blocks: two system calls for a question and its answer, and
//! no runtime between, for whoever measures how long that takes.

use super::{Connection, READ_BYTES, Read, Wrote, ending, outcome, receive, send};
use crate::transport::Stream;
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{RecvFlags, Shutdown};
use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// How to wait for a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Asleep: waking up is part of what is measured.
    Sleep,
    /// Looking again and again, which takes a processor.
    Spin,
}

/// A connection that blocks. Dropping it closes it at once; see [`Direct::close`].
#[derive(Debug)]
pub struct Direct {
    stream: Stream,
    held: Vec<u8>,
    ended: Option<Read>,
    wait: Wait,
    patience: Duration,
}

impl Connection {
    /// Takes the connection from the runtime. A read or write then blocks for at most `patience`.
    ///
    /// # Errors
    /// When the system refuses the timeout.
    pub fn into_direct(self, wait: Wait, patience: Duration) -> io::Result<Direct> {
        let Connection { stream, held, ended, .. } = self;
        if wait == Wait::Sleep && !matches!(stream, Stream::Serial(_)) {
            set_socket_timeout(&stream, Timeout::Recv, Some(patience))?;
            rustix::io::ioctl_fionbio(&stream, false)?;
        }
        Ok(Direct { stream, held, ended, wait, patience })
    }
}

impl Direct {
    /// Writes all of `bytes`, which should fit what a socket buffers: nothing is read meanwhile.
    pub fn write(&mut self, mut bytes: &[u8]) -> Wrote {
        let (length, until) = (bytes.len(), Instant::now() + self.patience);
        while !bytes.is_empty() {
            match send(&self.stream, bytes, None) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() != ErrorKind::WouldBlock => return Wrote::Closed,
                Err(_) if Instant::now() >= until => return Wrote::TimedOut(length - bytes.len()),
                Err(_) => self.sleep(PollFlags::OUT),
            }
        }
        Wrote::All
    }

    /// Appends what comes next to `into`.
    pub fn read(&mut self, into: &mut Vec<u8>) -> Read {
        if !self.held.is_empty() {
            let count = self.held.len();
            into.append(&mut self.held);
            return Read::Bytes(count);
        }
        if let Some(ended) = self.ended {
            return ended;
        }
        let read = match (self.wait, &self.stream) {
            (Wait::Spin, _) => self.spin(into),
            (Wait::Sleep, Stream::Serial(_)) => {
                self.sleep(PollFlags::IN);
                outcome(receive(&self.stream, into))
            }
            (Wait::Sleep, _) => outcome(receive(&self.stream, into)),
        };
        self.ended = ending(read);
        read
    }

    /// Closes as [`Connection::close`] does: says so, and takes what still comes.
    pub fn close(mut self) {
        // A peer that is gone already has nothing to be told, and a line no way to say it.
        let _ = rustix::net::shutdown(&self.stream, Shutdown::Write);
        let until = Instant::now() + self.patience;
        let mut dropped = Vec::new();
        while Instant::now() < until && matches!(self.read(&mut dropped), Read::Bytes(_)) {
            dropped.clear();
        }
    }

    fn spin(&self, into: &mut Vec<u8>) -> Read {
        let until = Instant::now() + self.patience;
        loop {
            let read = outcome(self.glance(into));
            if read != Read::TimedOut || Instant::now() >= until {
                return read;
            }
            std::hint::spin_loop();
        }
    }

    fn glance(&self, into: &mut Vec<u8>) -> io::Result<usize> {
        if matches!(self.stream, Stream::Serial(_)) {
            return receive(&self.stream, into);
        }
        if into.capacity() - into.len() < READ_BYTES / 4 {
            into.reserve(READ_BYTES);
        }
        let (count, _) = rustix::net::recv(&self.stream, spare_capacity(into), RecvFlags::DONTWAIT)?;
        Ok(count)
    }

    fn sleep(&self, until: PollFlags) {
        let patience = Timespec::try_from(self.patience).ok();
        // Whatever wakes us, the next call says what there is.
        let _ = poll(&mut [PollFd::new(&self.stream, until)], patience.as_ref());
    }
}
