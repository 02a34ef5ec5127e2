//! A conforming monitor of QEMU 7.2's schema without a socket: whose replies the benches read and judge.

use qmprobe_reference::{Config, Peer};
use qmprobe_schema::{LoadError, Schema, shipped};
use qmprobe_wire::{Dialect, Version};
use std::sync::Arc;

/// The version that it says it is.
pub const VERSION: Version = Version::new(7, 2);

/// The schema of QEMU 7.2's monitor.
///
/// # Errors
/// It does not load.
pub fn schema() -> Result<Arc<Schema>, LoadError> {
    shipped("qemu-7.2").unwrap_or_else(|| Ok(Schema::default())).map(Arc::new)
}

/// A monitor in command mode.
pub fn monitor(schema: &Arc<Schema>) -> Peer {
    let schema = Arc::clone(schema);
    let mut peer =
        Peer::new(Config { schema, dialect: Dialect::Qmp, bugs: Vec::new(), version: VERSION, seed: 0 });
    let mut out = Vec::new();
    peer.open(&mut out);
    answer(&mut peer, b"{\"execute\":\"qmp_capabilities\"}", &mut out);
    peer
}

/// What it says to a request, appended.
pub fn answer(peer: &mut Peer, request: &[u8], out: &mut Vec<u8>) {
    peer.take(request);
    while peer.answer(out) {}
}

/// The reply of `query-qmp-schema`, about 200 kB, in the words of a monitor.
pub fn introspection(schema: &Arc<Schema>) -> Vec<u8> {
    let mut reply = Vec::new();
    answer(&mut monitor(schema), b"{\"execute\":\"query-qmp-schema\"}", &mut reply);
    reply
}
