//! When a campaign has to be over, whatever is under way: somebody asks it to stop, or its time is up, and the moment
//! after it in which what was found at its end may still be confirmed.

use std::time::Duration;
use tokio::sync::watch;

/// Time after the campaign's own in which findings are confirmed. None is made smaller in it.
pub(super) const GRACE: Duration = Duration::from_secs(10);

/// Turns true when `stop` does, and `time` and [`GRACE`] from now if there is one.
pub(super) fn closing(mut stop: watch::Receiver<bool>, time: Option<Duration>) -> watch::Receiver<bool> {
    let (closer, closing) = watch::channel(*stop.borrow());
    tokio::spawn(async move {
        let asked = async {
            if stop.wait_for(|stop| *stop).await.is_err() {
                // Nobody is left who could ask.
                std::future::pending().await
            }
        };
        let over = async {
            match time {
                Some(time) => tokio::time::sleep(time.saturating_add(GRACE)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = asked => {}
            () = over => {}
            () = closer.closed() => {}
        }
        closer.send_replace(true);
    });
    closing
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_millis(50);

    async fn closes_soon(mut closing: watch::Receiver<bool>) -> bool {
        timeout(SOON, closing.wait_for(|closing| *closing)).await.is_ok()
    }

    #[tokio::test]
    async fn a_campaign_closes_when_it_is_asked_to_and_not_for_want_of_somebody_who_asks() {
        let (stopper, stop) = watch::channel(false);
        let asked = closing(stop.clone(), Some(Duration::from_secs(60)));
        assert!(!closes_soon(asked.clone()).await);
        stopper.send_replace(true);
        assert!(closes_soon(asked).await);
        let (stopper, stop) = watch::channel(false);
        let alone = closing(stop, None);
        drop(stopper);
        assert!(!closes_soon(alone).await);
    }
}
