//! What a process says on standard output and error: taken from it at once, so that it never waits for us,
//! and only the end of it kept.

use rustix::buffer::spare_capacity;
use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;

/// Bytes asked for at once: what a pipe holds.
const READ_BYTES: usize = 64 << 10;

/// The reading end of a process's output, drained in the background.
#[derive(Debug)]
pub(crate) struct Output {
    shared: Arc<Shared>,
    drainer: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    pipe: pipe::Receiver,
    tail: Mutex<Tail>,
}

impl Output {
    /// Takes over `reader` and keeps the last `bytes_max` bytes. Needs a running tokio runtime.
    pub fn drain(reader: PipeReader, bytes_max: usize) -> io::Result<Output> {
        let pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
        let tail = Mutex::new(Tail { bytes: Vec::new(), bytes_max });
        let shared = Arc::new(Shared { pipe, tail });
        let drainer = tokio::spawn(drain(Arc::clone(&shared)));
        Ok(Output { shared, drainer })
    }

    /// The end of what was said up to now, lossy.
    pub fn tail(&self) -> String {
        // The runtime may not have noticed yet what came last, and a last word matters most. One pipe's worth:
        // a process that never stops talking must not hold us here.
        let _ = self.shared.take_some();
        String::from_utf8_lossy(self.shared.tail().last()).into_owned()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        self.drainer.abort();
    }
}

impl Shared {
    fn tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves one pipe's worth into the tail.
    fn take_some(&self) -> io::Result<usize> {
        let mut tail = self.tail();
        tail.bytes.reserve(READ_BYTES);
        let count =
            rustix::io::retry_on_intr(|| rustix::io::read(&self.pipe, spare_capacity(&mut tail.bytes)))?;
        tail.trim();
        Ok(count)
    }
}

async fn drain(shared: Arc<Shared>) {
    while shared.pipe.readable().await.is_ok() {
        match shared.pipe.try_io(|| shared.take_some()) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
            Ok(_) | Err(_) => {}
        }
    }
}

/// The end of a stream of bytes.
#[derive(Debug)]
struct Tail {
    bytes: Vec<u8>,
    bytes_max: usize,
}

impl Tail {
    fn last(&self) -> &[u8] {
        &self.bytes[self.bytes.len().saturating_sub(self.bytes_max)..]
    }

    /// Forgets what is too old, in strides, so that a talkative process costs little.
    fn trim(&mut self) {
        if self.bytes.len() > self.bytes_max.saturating_mul(2).max(READ_BYTES) {
            self.bytes.drain(..self.bytes.len() - self.bytes_max);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_keeps_the_last_bytes_and_bounded_memory() {
        let mut tail = Tail { bytes: Vec::new(), bytes_max: 10 };
        for round in 0..100_000u32 {
            tail.bytes.extend_from_slice(format!("{round:09}\n").as_bytes());
            tail.trim();
            assert!(tail.bytes.len() <= READ_BYTES);
        }
        assert_eq!(tail.last(), b"000099999\n");
    }
}
