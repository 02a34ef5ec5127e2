//! Bytes, events, agents, and what outlives what.

use super::{
    ACCEPTED, BARE_GENERIC, DEPTH, GENERIC, GO, GREETING, NOT_FOUND, OPENED, PING, Row, STATUS, SYNC, SYNCED,
    WENT,
};
use crate::conversation;
use crate::conversation::Say;
use crate::conversation::Say::{
    Aim, Client, Close, Connect, Crash, Flood, HalfClose, Qga, Quiet, Raw, Server, Timeout, Tried, Weighed,
};

pub const ROWS: &[Row] = &[
    Row {
        rule: "output-ascii",
        breaks: &[
            &[
                Client(r#"{"id":1}"#),
                Server("{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": \"\u{c3}\u{a9}\"}}"),
            ],
            &[
                Client(r#"{"id":1}"#),
                Server("{\"id\": 1, \"error\": {\"class\": \"GenericError\", \"desc\": \"\u{e9}\"}}"),
            ],
        ],
        keeps: &[
            Client(r#"{"id":1}"#),
            Server(r#"{"id": 1, "error": {"class": "GenericError", "desc": "\u00e9\u20AC"}}"#),
        ],
    },
    Row {
        rule: "output-strict-json",
        breaks: &[
            &[STATUS, Server(r#"{"return": {"depth": 01}, "id": 1}"#)],
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": 1,}"#)],
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": 1, "id": 1}"#)],
            &[
                Client(r#"{"id":"\ud83d\ude00"}"#),
                Server(r#"{"id": "\ud83d", "error": {"class": "GenericError", "desc": ""}}"#),
            ],
        ],
        keeps: &[
            STATUS,
            DEPTH,
            Client(r#"{"execute":"nosuch","id":"\uDC00"}"#),
            Server(r#"{"error": {"class": "GenericError", "desc": "of \udc00"}}"#),
        ],
    },
    Row {
        rule: "output-framing",
        breaks: &[
            &[STATUS, Raw("# note\r\n"), DEPTH],
            &[STATUS, DEPTH, Raw("\0")],
            &[STATUS, Raw("\u{ff}"), DEPTH],
        ],
        keeps: &[STATUS, Raw("\r\n \t"), DEPTH],
    },
    Row {
        rule: "line-end",
        breaks: &[
            &[STATUS, Raw("{\"return\": {\"depth\": 1}, \"id\": 1}\n")],
            &[STATUS, Raw("{\"return\": {\"depth\": 1}, \"id\": 1}")],
            &[Qga, PING, Raw("{\"return\": {}, \"id\": 1}\r\n")],
            &[Qga, PING, Raw("{\n\"return\": {}, \"id\": 1}\n")],
        ],
        keeps: &[STATUS, Raw("{\"return\": {\"depth\": 1}, \"id\": 1}\r\n")],
    },
    Row { rule: "output-bounded", breaks: &[&[STATUS, Flood]], keeps: &[STATUS, DEPTH] },
    Row {
        rule: "event-shape",
        breaks: &[
            &[STATUS, Server(r#"{"event": "OPENED", "data": {"depth": 1}}"#), DEPTH],
            &[
                STATUS,
                Server(r#"{"event": "CLOSED", "timestamp": {"seconds": 1, "microseconds": 1000000}}"#),
                DEPTH,
            ],
            &[
                STATUS,
                Server(r#"{"event": "CLOSED", "timestamp": {"seconds": -1, "microseconds": 0}}"#),
                DEPTH,
            ],
            &[
                STATUS,
                Server(r#"{"event": "CLOSED", "timestamp": {"seconds": 1, "microseconds": 0}, "id": 1}"#),
                DEPTH,
            ],
            &[
                STATUS,
                Server(
                    r#"{"event": "CLOSED", "timestamp": {"seconds": 1, "microseconds": 0}, "data": null}"#,
                ),
                DEPTH,
            ],
        ],
        keeps: &[
            STATUS,
            Server(r#"{"event": "CLOSED", "timestamp": {"seconds": -1, "microseconds": -1}}"#),
            DEPTH,
        ],
    },
    Row {
        rule: "event-declared",
        breaks: &[&[
            STATUS,
            Server(r#"{"event": "opened", "timestamp": {"seconds": 1, "microseconds": 0}}"#),
            DEPTH,
        ]],
        keeps: &[STATUS, OPENED, DEPTH],
    },
    Row {
        rule: "event-data",
        breaks: &[
            &[
                STATUS,
                Server(r#"{"event": "CLOSED", "timestamp": {"seconds": 1, "microseconds": 0}, "data": {}}"#),
                DEPTH,
            ],
            &[
                STATUS,
                Server(r#"{"event": "OPENED", "timestamp": {"seconds": 1, "microseconds": 0}}"#),
                DEPTH,
            ],
            &[
                STATUS,
                Server(
                    r#"{"event": "OPENED", "timestamp": {"seconds": 1, "microseconds": 0}, "data": {"depth": "1"}}"#,
                ),
                DEPTH,
            ],
        ],
        keeps: &[STATUS, OPENED, DEPTH],
    },
    Row {
        rule: "event-gate",
        breaks: &[&[Connect, GREETING, OPENED], &[Connect, OPENED, GREETING]],
        keeps: &[Connect, GREETING, GO, WENT, OPENED],
    },
    Row {
        rule: "event-rate",
        breaks: &[&[
            STATUS,
            Server(r#"{"event": "RTC_CHANGE", "timestamp": {"seconds": 1, "microseconds": 0}}"#),
            Server(r#"{"event": "RTC_CHANGE", "timestamp": {"seconds": 1, "microseconds": 500000}}"#),
            DEPTH,
        ]],
        keeps: &[
            STATUS,
            Server(r#"{"event": "RTC_CHANGE", "timestamp": {"seconds": 1, "microseconds": 0}}"#),
            Server(r#"{"event": "RTC_CHANGE", "timestamp": {"seconds": 2, "microseconds": 0}}"#),
            DEPTH,
        ],
    },
    Row {
        rule: "half-close-ends",
        breaks: &[&[Qga, PING, ACCEPTED, HalfClose, Timeout], &[STATUS, DEPTH, HalfClose, Timeout]],
        keeps: &[Qga, PING, ACCEPTED, HalfClose],
    },
    Row {
        rule: "agent-silent-start",
        breaks: &[
            &[Qga, Connect, Server(r#"{"return": {}}"#)],
            &[Qga, Connect, PING, ACCEPTED, Connect, Quiet, ACCEPTED, PING, ACCEPTED],
        ],
        keeps: &[Qga, Connect, Quiet, PING, ACCEPTED],
    },
    Row {
        rule: "sync-sentinel",
        breaks: &[
            &[Qga, SYNC, Server(r#"{"return": 7, "id": 1}"#)],
            &[Qga, PING, Server("\u{ff}{\"return\": {}, \"id\": 1}")],
            &[Qga, SYNC, Server("\u{ff}\u{ff}{\"return\": 7, \"id\": 1}")],
            &[Qga, SYNC, SYNCED, Raw("\u{ff}")],
            &[Qga, SYNC, Raw("\u{ff}\n{\"return\": 7, \"id\": 1}\n")],
            &[Qga, SYNC, Raw("{\"return\": 7, \"id\": 1}\u{ff}\n"), PING, ACCEPTED],
        ],
        keeps: &[Qga, SYNC, SYNCED],
    },
    Row {
        rule: "sync-echo",
        breaks: &[&[Qga, SYNC, Server("\u{ff}{\"return\": 8, \"id\": 1}")]],
        keeps: &[Qga, SYNC, SYNCED],
    },
    Row {
        rule: "guest-info-agrees",
        breaks: &[&[Qga, Client(r#"{"execute":"guest-info","id":1}"#), Server(conversation::INFO_LACKS_ONE)]],
        keeps: &[Qga, Client(r#"{"execute":"guest-info","id":1}"#), Server(conversation::INFO)],
    },
    Row {
        rule: "silent-success",
        breaks: &[
            &[Qga, Client(r#"{"execute":"guest-shutdown","id":1}"#), ACCEPTED],
            &[Qga, Client(r#"{"execute":"guest-shutdown","arguments":{"mode":"off"},"id":1}"#), Quiet],
        ],
        keeps: &[Qga, Client(r#"{"execute":"guest-shutdown","id":1}"#), Quiet],
    },
    Row {
        rule: "sync-reset",
        breaks: &[&[
            Qga,
            Aim("sync-reset"),
            Client("{\"execute\":\"guest-pi\u{ff}{\"execute\":\"guest-ping\",\"id\":1}"),
            BARE_GENERIC,
        ]],
        keeps: &[
            Qga,
            Aim("sync-reset"),
            Client("{\"execute\":\"guest-pi\u{ff}{\"execute\":\"guest-ping\",\"id\":1}"),
            BARE_GENERIC,
            ACCEPTED,
        ],
    },
    Row {
        rule: "peer-survives",
        breaks: &[&[STATUS, Crash], &[STATUS, DEPTH, Close]],
        keeps: &[STATUS, DEPTH],
    },
    Row {
        rule: "no-leak",
        breaks: &[&leaks([100, 108, 116, 124, 132, 140], [5; 6]), &leaks([100; 6], [5, 6, 7, 8, 9, 10])],
        // What grows at first and then no more is a cache.
        keeps: &leaks([100, 180, 188, 196, 204, 204], [5, 9, 9, 9, 9, 9]),
    },
    Row {
        rule: "stream-predicted",
        breaks: &[
            &[Aim("stream-predicted"), Client("{]"), BARE_GENERIC, STATUS, NOT_FOUND],
            &[Aim("stream-predicted"), Client("{]"), BARE_GENERIC, BARE_GENERIC, BARE_GENERIC, STATUS, DEPTH],
            &[Aim("stream-predicted"), Client("{]"), STATUS, DEPTH],
        ],
        keeps: &[Aim("stream-predicted"), Client("{]"), BARE_GENERIC, STATUS, DEPTH],
    },
    Row {
        rule: "sync-recovers",
        breaks: &[&[Qga, Aim("sync-recovers"), SYNC, GENERIC, Tried(false)]],
        keeps: &[Qga, Aim("sync-recovers"), SYNC, SYNCED, Tried(true)],
    },
    Row {
        rule: "agent-outlives-client",
        breaks: &[
            &[Qga, Aim("agent-outlives-client"), PING, ACCEPTED, Close],
            &[Qga, Aim("agent-outlives-client"), PING, ACCEPTED, Crash],
        ],
        keeps: &[Qga, Aim("agent-outlives-client"), PING, ACCEPTED],
    },
    Row {
        rule: "half-command-outlives-client",
        breaks: &[&[
            Qga,
            Aim("half-command-outlives-client"),
            Connect,
            Client(r#"{"execute":"guest-pi"#),
            Quiet,
            Connect,
            Client("ng\"}"),
            Server(r#"{"return": {}}"#),
        ]],
        keeps: &[
            Qga,
            Aim("half-command-outlives-client"),
            Connect,
            Client(r#"{"execute":"guest-pi"#),
            Quiet,
            Connect,
            Client("ng\"}"),
            BARE_GENERIC,
            BARE_GENERIC,
        ],
    },
];

/// A query that is made again and again by a peer that takes up so much each time.
const fn leaks(kib: [u64; 6], files: [u64; 6]) -> [Say; 18] {
    let mut said = [STATUS; 18];
    let mut nth = 0;
    while nth < kib.len() {
        said[3 * nth + 1] = DEPTH;
        said[3 * nth + 2] = Weighed(kib[nth], files[nth], 2);
        nth += 1;
    }
    said
}
