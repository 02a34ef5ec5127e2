//! A client that gets back in step, on stage: try after try over a channel with faults. No try waits for what
//! cannot come: when the peer has said all that it was asked for and the client has not recognised its answer,
//! the answer was lost, and the next try begins as it would after a timeout.

use super::Runner;
use super::link::Heard;
use super::scene::Scene;
use super::session::blank;
use super::tap::Tap;
use qmprobe_wire::fault::Channel;
use qmprobe_wire::{Payload, Received, Sync, Toward};

/// Tries beyond those that are due on a conforming peer.
const SPARE_TRIES: u32 = 2;

impl Runner {
    pub(super) async fn resync(
        &mut self,
        scene: &mut Scene,
        sync: &Sync,
        step: usize,
        before: Vec<Received>,
    ) {
        let mut tap = Tap::new(self.dialect(), &sync.faults);
        let has = |command: &str| self.schema.command(command).is_some();
        if has("guest-sync-delimited") && !has("guest-sync") {
            tap = tap.delimited_only();
        }
        let mut to_peer = Channel::new(&sync.faults, Toward::Peer);
        let mut before = Some(before);
        for number in 0..sync.tries_due().saturating_add(SPARE_TRIES) {
            let token = sync.token_of(number);
            let mut held = Vec::new();
            to_peer.begin(number, &mut held);
            let mut payload = Payload::from(held);
            if number == 0 {
                to_peer.carry(&sync.before, &mut payload);
            }
            to_peer.carry(&tap.attempt(number, token).into(), &mut payload);
            let mut exchange = blank(&self.ear, scene.connection());
            exchange.step = Some(step);
            exchange.received = before.take().unwrap_or_default();
            scene.set_tap(Some(tap));
            self.send(scene, payload, true, exchange).await;
            let Some(back) = scene.set_tap(None) else { return };
            tap = back;
            scene.account(tap.account(number, token));
            // Another parser than QEMU's may lose a damaged request whole.
            let may_be_lost = number + 1 < sync.tries_due() && !self.manners.model().is_qemus();
            let timed_out = matches!(scene.heard(), Heard::TimedOut { .. });
            if tap.is_synced() || scene.heard() != Heard::All && !(timed_out && may_be_lost) {
                return;
            }
        }
    }
}
