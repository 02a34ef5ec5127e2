//! For each rule the conversations that break it, and one that keeps it.

mod output;
mod replies;
mod session;

use crate::conversation::Say;
use crate::conversation::Say::{Client, Server};

/// A rule, the conversations that break it, and one that keeps it.
pub struct Row {
    pub rule: &'static str,
    pub breaks: &'static [&'static [Say]],
    pub keeps: &'static [Say],
}

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Row> {
    [session::ROWS, replies::ROWS, output::ROWS].into_iter().flatten()
}

pub const GREETING: Say = Server(
    r#"{"QMP": {"version": {"qemu": {"micro": 3, "minor": 1, "major": 9}, "package": ""}, "capabilities": ["oob"]}}"#,
);
pub const GO: Say = Client(r#"{"execute":"qmp_capabilities","id":"go"}"#);
pub const WENT: Say = Server(r#"{"return": {}, "id": "go"}"#);
pub const STATUS: Say = Client(r#"{"execute":"query-status","id":1}"#);
pub const DEPTH: Say = Server(r#"{"return": {"depth": 1}, "id": 1}"#);
pub const GENERIC: Say = Server(r#"{"id": 1, "error": {"class": "GenericError", "desc": "no"}}"#);
pub const NOT_FOUND: Say = Server(r#"{"id": 1, "error": {"class": "CommandNotFound", "desc": "no"}}"#);
pub const BARE_GENERIC: Say = Server(r#"{"error": {"class": "GenericError", "desc": "no"}}"#);
pub const ACCEPTED: Say = Server(r#"{"return": {}, "id": 1}"#);
pub const PING: Say = Client(r#"{"execute":"guest-ping","id":1}"#);
pub const SYNC: Say = Client(r#"{"execute":"guest-sync-delimited","arguments":{"id":7},"id":1}"#);
pub const SYNCED: Say = Server("\u{ff}{\"return\": 7, \"id\": 1}");
pub const OPENED: Say =
    Server(r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "OPENED", "data": {"depth": 1}}"#);
