//! Peers over the recorded schemas of QEMU 7.2, and a word with them. No judgement.

#![allow(dead_code, reason = "each test file uses its share")]

use qmprobe_reference::{Bug, Config, Peer, find_bug};
use qmprobe_schema::{Schema, load_text};
use qmprobe_wire::{Dialect, Version};
use std::sync::{Arc, OnceLock};

pub const GREETING: &str = "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 0, \"major\": 10}, \
                            \"package\": \"qmprobe-reference\"}, \"capabilities\": [\"oob\"]}}\r\n";
pub const NEGOTIATE: &str = r#"{"execute":"qmp_capabilities"}"#;
pub const NEGOTIATE_OOB: &str = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]}}"#;

pub fn schema(dialect: Dialect) -> Arc<Schema> {
    static QMP: OnceLock<Arc<Schema>> = OnceLock::new();
    static QGA: OnceLock<Arc<Schema>> = OnceLock::new();
    let load = |text, name| Arc::new(load_text(text, name).expect("a recorded schema loads"));
    let schema = match dialect {
        Dialect::Qmp => QMP.get_or_init(|| {
            load(include_str!("../../../../schemas/qmp/qemu-system-x86_64-7.2.json"), "qemu")
        }),
        Dialect::Qga => {
            QGA.get_or_init(|| load(include_str!("../../../../schemas/qga/qemu-ga-7.2.json"), "qemu-ga"))
        }
    };
    Arc::clone(schema)
}

pub fn config(dialect: Dialect, bugs: Vec<&'static Bug>) -> Config {
    Config { schema: schema(dialect), dialect, bugs, version: Version::new(10, 0), seed: 0 }
}

pub fn bug(name: &str) -> &'static Bug {
    find_bug(name).unwrap_or_else(|| panic!("there is no bug {name}"))
}

/// Everything that `peer` says to `input`, sent at once.
pub fn say(peer: &mut Peer, input: impl AsRef<[u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    peer.take(input.as_ref());
    while peer.answer(&mut out) {}
    out
}

/// The same as text; the sentinel shows as U+FFFD.
pub fn hear(peer: &mut Peer, input: impl AsRef<[u8]>) -> String {
    String::from_utf8_lossy(&say(peer, input)).into_owned()
}

/// A fresh QMP connection after its greeting.
pub fn greeted(bugs: Vec<&'static Bug>) -> Peer {
    let mut peer = Peer::new(config(Dialect::Qmp, bugs));
    peer.open(&mut Vec::new());
    peer
}

/// A QMP connection in command mode.
pub fn monitor() -> Peer {
    let mut peer = greeted(Vec::new());
    assert_eq!(hear(&mut peer, NEGOTIATE), "{\"return\": {}}\r\n");
    peer
}

/// A connection to the guest agent.
pub fn agent() -> Peer {
    Peer::new(config(Dialect::Qga, Vec::new()))
}

/// The error classes in what was heard, in order; `return` for a success.
pub fn kinds(heard: &str) -> Vec<&str> {
    heard
        .lines()
        .map(|line| match line.split_once("\"class\": \"") {
            Some((_, rest)) => rest.split('"').next().unwrap_or_default(),
            None if line.contains("\"return\": ") => "return",
            None => "other",
        })
        .collect()
}
