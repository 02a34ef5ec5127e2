//! SIGINT, SIGTERM and SIGHUP end a run in order: the first asks, the second does not.

use qmprobe_report::Outcome;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// What the signals of this process have said so far.
#[derive(Clone, Debug)]
pub struct Signals {
    /// True once a run is to end.
    pub stop: watch::Receiver<bool>,
    seen: Arc<AtomicU8>,
}

impl Signals {
    /// Listens from now on, on the current runtime. A second signal ends the process at once; peers that we
    /// started die with it.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn listen() -> io::Result<Signals> {
        let (stopper, stop) = watch::channel(false);
        let seen = Arc::new(AtomicU8::new(0));
        let mut kinds = Kinds {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        };
        let first = Arc::clone(&seen);
        tokio::spawn(async move {
            first.store(kinds.next().await, Ordering::Relaxed);
            // Nobody listens when the run is over already.
            let _ = stopper.send(true);
            leave(kinds.next().await);
        });
        Ok(Signals { stop, seen })
    }

    /// The outcome that a signal asks for, if one came.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.seen.load(Ordering::Relaxed) {
            0 => None,
            number => Some(Outcome::Interrupted(number)),
        }
    }
}

struct Kinds {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Kinds {
    /// The number of the next signal.
    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hangup.recv() => 1,
        }
    }
}

#[expect(clippy::exit, reason = "the user asked twice: unwinding through a run is what is to be avoided")]
fn leave(signal: u8) {
    std::process::exit(i32::from(Outcome::Interrupted(signal).code()));
}
