//! A peer that is started before it is needed, while another is at work.

use qmprobe_target::{Error, Peer};
use std::future::Future;
use tokio::task::JoinHandle;

/// A peer on its way. Dropping it ends the peer.
#[derive(Debug)]
pub(crate) struct Spare(JoinHandle<Result<Peer, Error>>);

impl Spare {
    /// Has a peer opened from now on.
    pub fn begin(opening: impl Future<Output = Result<Peer, Error>> + Send + 'static) -> Spare {
        Spare(tokio::spawn(opening))
    }

    /// The peer, once it is open. `None` when it could not be had.
    pub async fn take(mut self) -> Option<Peer> {
        (&mut self.0).await.ok().and_then(Result::ok)
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_target::PeerSpec;
    use qmprobe_wire::{Dialect, Limits};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    fn spec(socket: &str) -> PeerSpec {
        PeerSpec::Connect { address: format!("unix:{socket}").parse().unwrap(), dialect: Dialect::Qmp }
    }

    #[tokio::test]
    async fn a_spare_opens_by_itself_and_is_there_when_it_is_taken() {
        let begun = Arc::new(AtomicBool::new(false));
        let (there, scratch) = (Arc::clone(&begun), tempfile::tempdir().unwrap());
        let socket = scratch.path().join("monitor");
        let _listener = tokio::net::UnixListener::bind(&socket).unwrap();
        let spec = spec(&socket.display().to_string());
        let spare = Spare::begin(async move {
            there.store(true, Ordering::Relaxed);
            Peer::open(&spec, &Limits::default()).await
        });
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(begun.load(Ordering::Relaxed), "nobody has asked for it yet");
        assert!(spare.take().await.is_some());
    }

    #[tokio::test]
    async fn a_spare_that_cannot_be_had_is_none() {
        let spec = spec("/nonexistent/monitor");
        assert!(
            Spare::begin(async move { Peer::open(&spec, &Limits::default()).await }).take().await.is_none()
        );
        let panics = Spare::begin(async { panic!("opening it") });
        assert!(panics.take().await.is_none());
    }

    #[tokio::test]
    async fn a_spare_that_nobody_takes_is_not_opened_any_further() {
        /// Says that it is gone.
        struct Gone(Arc<AtomicBool>);
        impl Drop for Gone {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let gone = Arc::new(AtomicBool::new(false));
        let held = Gone(Arc::clone(&gone));
        let spare = Spare::begin(async move {
            let _held = held;
            std::future::pending().await
        });
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(!gone.load(Ordering::Relaxed));
        drop(spare);
        tokio::time::sleep(Duration::from_millis(5)).await;
        assert!(gone.load(Ordering::Relaxed));
    }
}
