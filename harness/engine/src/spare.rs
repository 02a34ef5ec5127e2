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
