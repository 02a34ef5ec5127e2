//! A conforming monitor of QEMU 7.2's schema without a socket: whose replies the benches read and judge.

use qmprobe_reference::{Config, Peer};
use qmprobe_schema::{LoadError, Schema, Told, from_introspection, shipped};
use qmprobe_wire::{Dialect, LineEnd, Message, Version};
use std::sync::Arc;

/// The version that it says it is.
pub const VERSION: Version = Version::new(7, 2);

/// Levels of nesting in what it says.
const NESTING_MAX: usize = 64;

/// The schema of QEMU 7.2's monitor.
///
/// # Errors
/// It does not load.
pub fn schema() -> Result<Arc<Schema>, LoadError> {
    shipped("qemu-7.2").unwrap_or_else(|| Ok(Schema::default())).map(Arc::new)
}

/// The same as a client has it that asked for it: what the monitor tells by introspection.
///
/// # Errors
/// It does not load.
pub fn told_schema() -> Result<Arc<Schema>, LoadError> {
    let line = introspection(&schema()?);
    let message = Message::new(line.trim_ascii_end().to_vec(), LineEnd::CrLf, NESTING_MAX);
    let told = message.text("return").map_or_else(Told::default, Told::of);
    let schema = from_introspection(&String::from_utf8_lossy(&line), "query-qmp-schema")?;
    Ok(Arc::new(Schema { told, ..schema }))
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
