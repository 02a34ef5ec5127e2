//! Every rule, on bytes written by hand: one conversation in which it fires, and it alone, and one in which it
//! has something to look at and is content.

mod conversation;
mod schema;

use conversation::{Say, fails, passes};
use qmprobe_check::ALL;
use std::collections::BTreeSet;

/// A rule, the conversations that break it, and one that keeps it.
struct Row {
    rule: &'static str,
    breaks: &'static [&'static [Say]],
    keeps: &'static [Say],
}

use Say::{Aim, Client, Close, Connect, Crash, Flood, Late, Qga, Quiet, Raw, Server, Timeout, Tried};

const GREETING: Say = Server(
    r#"{"QMP": {"version": {"qemu": {"micro": 3, "minor": 1, "major": 9}, "package": ""}, "capabilities": ["oob"]}}"#,
);
const GO: Say = Client(r#"{"execute":"qmp_capabilities","id":"go"}"#);
const WENT: Say = Server(r#"{"return": {}, "id": "go"}"#);
const STATUS: Say = Client(r#"{"execute":"query-status","id":1}"#);
const DEPTH: Say = Server(r#"{"return": {"depth": 1}, "id": 1}"#);
const GENERIC: Say = Server(r#"{"id": 1, "error": {"class": "GenericError", "desc": "no"}}"#);
const NOT_FOUND: Say = Server(r#"{"id": 1, "error": {"class": "CommandNotFound", "desc": "no"}}"#);
const BARE_GENERIC: Say = Server(r#"{"error": {"class": "GenericError", "desc": "no"}}"#);
const ACCEPTED: Say = Server(r#"{"return": {}, "id": 1}"#);
const PING: Say = Client(r#"{"execute":"guest-ping","id":1}"#);
const SYNC: Say = Client(r#"{"execute":"guest-sync-delimited","arguments":{"id":7},"id":1}"#);
const SYNCED: Say = Server("\u{ff}{\"return\": 7, \"id\": 1}");
const OPENED: Say =
    Server(r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "OPENED", "data": {"depth": 1}}"#);

const ROWS: &[Row] = &[
    Row {
        rule: "greeting-first",
        breaks: &[
            &[Connect, Timeout],
            &[Connect, GREETING, GREETING],
            &[Connect, GREETING, GO, WENT, GREETING],
        ],
        keeps: &[Connect, GREETING, GO, WENT],
    },
    Row {
        rule: "greeting-shape",
        breaks: &[
            &[Connect, Server(r#"{"QMP": {"capabilities": []}}"#)],
            &[
                Connect,
                Server(
                    r#"{"QMP": {"version": {"qemu": {"micro": 3.0, "minor": 1, "major": 9}, "package": ""}, "capabilities": []}}"#,
                ),
            ],
            &[
                Connect,
                Server(
                    r#"{"QMP": {"version": {"qemu": {"micro": 3, "minor": 1, "major": 9}, "package": ""}, "capabilities": [1]}}"#,
                ),
            ],
        ],
        keeps: &[
            Connect,
            Server(
                r#"{"QMP": {"version": {"qemu": {"micro": 3, "minor": 1, "major": 9}, "package": "x"}, "capabilities": ["oob", "new"]}}"#,
            ),
        ],
    },
    Row {
        rule: "greeting-version-agrees",
        breaks: &[&[
            Connect,
            GREETING,
            GO,
            WENT,
            Client(r#"{"execute":"query-version","id":1}"#),
            Server(r#"{"return": {"qemu": {"micro": 4, "minor": 1, "major": 9}, "package": ""}, "id": 1}"#),
        ]],
        keeps: &[
            Connect,
            GREETING,
            GO,
            WENT,
            Client(r#"{"execute":"query-version","id":1}"#),
            Server(r#"{"return": {"package": "", "qemu": {"major": 9, "minor": 1, "micro": 3}}, "id": 1}"#),
        ],
    },
    Row {
        rule: "negotiation-gate",
        breaks: &[&[Connect, GREETING, STATUS, DEPTH], &[Connect, GREETING, STATUS, GENERIC]],
        keeps: &[Connect, GREETING, STATUS, NOT_FOUND],
    },
    Row {
        rule: "negotiation-malformed",
        breaks: &[
            &[Connect, GREETING, Client(r#"{"id":1}"#), NOT_FOUND],
            &[
                Connect,
                GREETING,
                Client("{]"),
                Server(r#"{"error": {"class": "CommandNotFound", "desc": ""}}"#),
            ],
        ],
        keeps: &[Connect, GREETING, Client(r#"{"id":1}"#), GENERIC],
    },
    Row {
        rule: "negotiation-arguments",
        breaks: &[&[
            Connect,
            GREETING,
            Client(r#"{"execute":"qmp_capabilities","arguments":{"enable":["x"]},"id":1}"#),
            ACCEPTED,
        ]],
        keeps: &[
            Connect,
            GREETING,
            Client(r#"{"execute":"qmp_capabilities","arguments":{"enable":["x"]},"id":1}"#),
            GENERIC,
        ],
    },
    Row {
        rule: "negotiation-atomic",
        breaks: &[
            &[
                Connect,
                GREETING,
                Client(r#"{"execute":"qmp_capabilities","arguments":{"x":1},"id":1}"#),
                GENERIC,
                STATUS,
                DEPTH,
            ],
            &[
                Connect,
                GREETING,
                Client(r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob","x"]},"id":1}"#),
                GENERIC,
                GO,
                WENT,
                Client(r#"{"exec-oob":"nosuch","id":1}"#),
                NOT_FOUND,
            ],
        ],
        keeps: &[
            Connect,
            GREETING,
            Client(r#"{"execute":"qmp_capabilities","arguments":{"x":1},"id":1}"#),
            GENERIC,
            STATUS,
            NOT_FOUND,
        ],
    },
    Row {
        rule: "negotiation-succeeds",
        breaks: &[&[
            Connect,
            GREETING,
            GO,
            Server(r#"{"id": "go", "error": {"class": "GenericError", "desc": ""}}"#),
        ]],
        keeps: &[Connect, GREETING, GO, WENT],
    },
    Row {
        rule: "negotiation-once",
        breaks: &[&[GO, WENT]],
        keeps: &[GO, Server(r#"{"id": "go", "error": {"class": "CommandNotFound", "desc": ""}}"#)],
    },
    Row {
        rule: "negotiation-per-connection",
        breaks: &[
            &[Connect, GREETING, STATUS, NOT_FOUND, GO, WENT, Connect, GREETING, STATUS, DEPTH],
            &[
                Connect,
                GREETING,
                GO,
                Server(r#"{"id": "go", "error": {"class": "CommandNotFound", "desc": ""}}"#),
            ],
        ],
        keeps: &[Connect, GREETING, STATUS, NOT_FOUND, GO, WENT, Connect, GREETING, STATUS, NOT_FOUND],
    },
    Row {
        rule: "envelope-object",
        breaks: &[
            &[Client("null"), Server(r#"{"return": {}}"#)],
            &[Client("[]"), Server(r#"{"return": {}}"#)],
        ],
        keeps: &[Client("null"), BARE_GENERIC],
    },
    Row {
        rule: "envelope-execute",
        breaks: &[&[Client(r#"{"execute":1,"id":1}"#), NOT_FOUND], &[Client(r#"{"id":1}"#), ACCEPTED]],
        keeps: &[Client(r#"{"execute":1,"id":1}"#), GENERIC],
    },
    Row {
        rule: "envelope-arguments",
        breaks: &[&[Client(r#"{"execute":"query-status","arguments":[],"id":1}"#), DEPTH]],
        keeps: &[Client(r#"{"execute":"query-status","arguments":[],"id":1}"#), GENERIC],
    },
    Row {
        rule: "envelope-members",
        breaks: &[&[Client(r#"{"execute":"query-status","":1,"id":1}"#), DEPTH]],
        keeps: &[Client(r#"{"execute":"query-status","":1,"id":1}"#), GENERIC],
    },
    Row {
        rule: "envelope-order",
        breaks: &[&[Client(r#"{"execute":"nosuch","x":1,"id":1}"#), NOT_FOUND]],
        keeps: &[Client(r#"{"execute":"nosuch","x":1,"id":1}"#), GENERIC],
    },
    Row {
        rule: "command-not-found",
        breaks: &[
            &[Client(r#"{"execute":"Query-status","id":1}"#), DEPTH],
            &[Client(r#"{"execute":"","id":1}"#), GENERIC],
        ],
        keeps: &[Client(r#"{"execute":"Query-status","id":1}"#), NOT_FOUND],
    },
    Row {
        rule: "oob-gate",
        breaks: &[
            &[Client(r#"{"exec-oob":"oob-poke","id":1}"#), ACCEPTED],
            &[Client(r#"{"exec-oob":"nosuch","id":1}"#), NOT_FOUND],
        ],
        keeps: &[Client(r#"{"exec-oob":"oob-poke","id":1}"#), GENERIC],
    },
    Row {
        rule: "oob-allowed",
        breaks: &[&[
            Connect,
            GREETING,
            Client(r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":1}"#),
            ACCEPTED,
            Client(r#"{"exec-oob":"query-status","id":1}"#),
            DEPTH,
        ]],
        keeps: &[
            Connect,
            GREETING,
            Client(r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":1}"#),
            ACCEPTED,
            Client(r#"{"exec-oob":"query-status","id":1}"#),
            GENERIC,
        ],
    },
    Row {
        rule: "reply-id-echo",
        breaks: &[
            &[STATUS, Server(r#"{"return": {"depth": 1}}"#)],
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": "1"}"#)],
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": 1.0}"#)],
            &[
                Client(r#"{"execute":"query-status","id":9223372036854775808}"#),
                Server(r#"{"return": {"depth": 1}, "id": 9.2233720368547758e+18}"#),
            ],
            &[Client(r#"{"execute":"query-status","id":null}"#), Server(r#"{"return": {"depth": 1}}"#)],
            &[Client(r#"{"execute":"query-status"}"#), Server(r#"{"return": {"depth": 1}, "id": null}"#)],
        ],
        keeps: &[
            Client(r#"{"execute":"query-status","id":{"a":1.0,"b":[18446744073709551616]}}"#),
            Server(r#"{"return": {"depth": 1}, "id": {"b": [1.8446744073709552e+19], "a": 1}}"#),
        ],
    },
    Row {
        rule: "json-error-no-id",
        breaks: &[&[Client("{]"), GENERIC]],
        keeps: &[Client("{]"), BARE_GENERIC],
    },
    Row {
        rule: "json-error-answered",
        breaks: &[
            &[Client("{]"), Timeout],
            &[Client("{]"), Server(r#"{"return": {}}"#)],
            &[Client(r#"{"execute":"query-status","id":1,"id":1}"#), DEPTH],
        ],
        // QEMU makes two errors of this, one that reads by line makes one.
        keeps: &[Client(r#"{"execute":"query-status","id":01}"#), BARE_GENERIC],
    },
    Row {
        rule: "one-reply",
        breaks: &[
            &[STATUS, Timeout],
            &[STATUS, DEPTH, DEPTH],
            &[Late(r#"{"return": {"depth": 1}, "id": 9}"#), STATUS, DEPTH],
            &[Client("{]"), BARE_GENERIC, BARE_GENERIC],
        ],
        keeps: &[STATUS, OPENED, DEPTH],
    },
    Row {
        rule: "reply-order",
        breaks: &[
            &[
                Client("{\"execute\":\"query-status\",\"id\":1}{\"execute\":\"query-status\",\"id\":2}"),
                Server(r#"{"return": {"depth": 1}, "id": 2}"#),
                Server(r#"{"return": {"depth": 1}, "id": 1}"#),
            ],
            &[
                Client("{]\n{\"execute\":\"query-status\",\"id\":2}"),
                Server(r#"{"return": {"depth": 1}, "id": 2}"#),
                BARE_GENERIC,
            ],
        ],
        keeps: &[
            Client("{\"execute\":\"query-status\",\"id\":1}{\"execute\":\"query-status\",\"id\":2}"),
            DEPTH,
            Server(r#"{"return": {"depth": 1}, "id": 2}"#),
        ],
    },
    Row {
        rule: "no-foreign-reply",
        breaks: &[&[Connect, GREETING, Server(r#"{"return": {}}"#)]],
        keeps: &[Connect, GREETING],
    },
    Row {
        rule: "reply-shape",
        breaks: &[
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": 1, "error": null}"#)],
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": 1, "ok": true}"#)],
            &[STATUS, Server(r#"[{"return": {"depth": 1}, "id": 1}]"#)],
            &[STATUS, Server(r#"{"result": {"depth": 1}, "id": 1}"#)],
        ],
        keeps: &[STATUS, Server("{\n  \"id\": 1,\n  \"return\": {\"depth\": 1}\n}")],
    },
    Row {
        rule: "error-shape",
        breaks: &[
            &[
                Client(r#"{"id":1}"#),
                Server(r#"{"id": 1, "error": {"class": "GenericError", "desc": "", "data": {}}}"#),
            ],
            &[Client(r#"{"id":1}"#), Server(r#"{"id": 1, "error": {"class": "GenericError"}}"#)],
            &[Client(r#"{"id":1}"#), Server(r#"{"id": 1, "error": "no"}"#)],
        ],
        keeps: &[Client(r#"{"id":1}"#), GENERIC],
    },
    Row {
        rule: "error-class",
        breaks: &[&[
            Client(r#"{"id":1}"#),
            Server(r#"{"id": 1, "error": {"class": "genericerror", "desc": ""}}"#),
        ]],
        keeps: &[
            Client(r#"{"execute":"oob-poke","id":1}"#),
            Server(r#"{"id": 1, "error": {"class": "KVMMissingCap", "desc": ""}}"#),
        ],
    },
    Row {
        rule: "arguments-required",
        breaks: &[&[Client(r#"{"execute":"all","id":1}"#), Server(r#"{"return": {"name": ""}, "id": 1}"#)]],
        keeps: &[Client(r#"{"execute":"all","id":1}"#), GENERIC],
    },
    Row {
        rule: "arguments-unknown",
        breaks: &[
            &[Client(r#"{"execute":"oob-poke","arguments":{"x":1},"id":1}"#), ACCEPTED],
            // It ran, and failed for another reason.
            &[
                Client(r#"{"execute":"oob-poke","arguments":{"x":1},"id":1}"#),
                Server(r#"{"id": 1, "error": {"class": "DeviceNotFound", "desc": ""}}"#),
            ],
        ],
        keeps: &[Client(r#"{"execute":"oob-poke","arguments":{"x":1},"id":1}"#), GENERIC],
    },
    Row {
        rule: "arguments-type",
        breaks: &[&[
            Client(r#"{"execute":"all","arguments":{"name":[]},"id":1}"#),
            Server(r#"{"return": {"name": ""}, "id": 1}"#),
        ]],
        keeps: &[Client(r#"{"execute":"all","arguments":{"name":[]},"id":1}"#), GENERIC],
    },
    Row {
        rule: "arguments-coercion",
        breaks: &[&[
            Client(r#"{"execute":"all","arguments":{"name":"","small":1.0},"id":1}"#),
            Server(r#"{"return": {"name": ""}, "id": 1}"#),
        ]],
        keeps: &[Client(r#"{"execute":"all","arguments":{"name":"","small":"1"},"id":1}"#), GENERIC],
    },
    Row {
        rule: "arguments-null",
        breaks: &[&[
            Client(r#"{"execute":"all","arguments":{"name":"","small":null},"id":1}"#),
            Server(r#"{"return": {"name": ""}, "id": 1}"#),
        ]],
        keeps: &[Client(r#"{"execute":"all","arguments":{"name":"","small":null},"id":1}"#), GENERIC],
    },
    Row {
        rule: "arguments-range",
        breaks: &[&[
            Client(r#"{"execute":"all","arguments":{"name":"","small":256},"id":1}"#),
            Server(r#"{"return": {"name": ""}, "id": 1}"#),
        ]],
        // QEMU takes -1 for a size.
        keeps: &[
            Client(r#"{"execute":"all","arguments":{"name":"","small":256},"id":1}"#),
            GENERIC,
            Client(r#"{"execute":"all","arguments":{"name":"","size":-1},"id":1}"#),
            Server(r#"{"return": {"name": ""}, "id": 1}"#),
        ],
    },
    Row {
        rule: "arguments-enum",
        breaks: &[&[
            Client(r#"{"execute":"all","arguments":{"name":"","union":{"colour":"Red","hue":1}},"id":1}"#),
            Server(r#"{"return": {"name": ""}, "id": 1}"#),
        ]],
        keeps: &[
            Client(r#"{"execute":"all","arguments":{"name":"","union":{"colour":"Red","hue":1}},"id":1}"#),
            GENERIC,
        ],
    },
    Row {
        rule: "arguments-refused",
        breaks: &[
            &[Client(r#"{"execute":"all","id":1}"#), NOT_FOUND],
            &[Client(r#"{"execute":"oob-poke","arguments":{"x":1},"id":1}"#), NOT_FOUND],
        ],
        keeps: &[Client(r#"{"execute":"all","id":1}"#), GENERIC],
    },
    Row {
        rule: "descriptor-required",
        breaks: &[&[Client(r#"{"execute":"getfd","id":1}"#), ACCEPTED]],
        keeps: &[Client(r#"{"execute":"getfd","id":1}"#), GENERIC],
    },
    Row {
        rule: "refused-changes-nothing",
        breaks: &[&[
            Aim("refused-changes-nothing"),
            STATUS,
            DEPTH,
            STATUS,
            DEPTH,
            Client(r#"{"execute":"oob-poke","arguments":{"x":1},"id":1}"#),
            GENERIC,
            STATUS,
            Server(r#"{"return": {"depth": 2}, "id": 1}"#),
        ]],
        keeps: &[
            Aim("refused-changes-nothing"),
            STATUS,
            DEPTH,
            STATUS,
            DEPTH,
            Client(r#"{"execute":"oob-poke","arguments":{"x":1},"id":1}"#),
            GENERIC,
            STATUS,
            DEPTH,
        ],
    },
    Row {
        rule: "declared-command",
        breaks: &[&[Client(r#"{"execute":"oob-poke","id":1}"#), NOT_FOUND]],
        keeps: &[Client(r#"{"execute":"oob-poke","id":1}"#), ACCEPTED],
    },
    Row {
        rule: "basic-commands",
        breaks: &[&[STATUS, GENERIC], &[STATUS, NOT_FOUND]],
        keeps: &[STATUS, DEPTH],
    },
    Row {
        rule: "commands-agree",
        breaks: &[
            &[Client(r#"{"execute":"query-commands","id":1}"#), Server(conversation::ALL_BUT_ONE)],
            &[Client(r#"{"execute":"query-commands","id":1}"#), Server(conversation::ONE_TOO_MANY)],
        ],
        keeps: &[Client(r#"{"execute":"query-commands","id":1}"#), Server(conversation::ALL_COMMANDS)],
    },
    Row {
        rule: "schema-agrees",
        breaks: &[&[
            Client(r#"{"execute":"query-qmp-schema","id":1}"#),
            Server(r#"{"return": [], "id": 1}"#),
        ]],
        keeps: &[Client(r#"{"execute":"query-qmp-schema","id":1}"#), Server(conversation::INTROSPECTION)],
    },
    Row {
        rule: "return-empty",
        breaks: &[
            &[Client(r#"{"execute":"oob-poke","id":1}"#), Server(r#"{"return": null, "id": 1}"#)],
            &[Client(r#"{"execute":"oob-poke","id":1}"#), Server(r#"{"return": [], "id": 1}"#)],
        ],
        keeps: &[Client(r#"{"execute":"oob-poke","id":1}"#), ACCEPTED],
    },
    Row {
        rule: "return-required",
        breaks: &[
            &[STATUS, Server(r#"{"return": {}, "id": 1}"#)],
            &[STATUS, Server(r#"{"return": {"dept": 1}, "id": 1}"#)],
        ],
        keeps: &[STATUS, DEPTH],
    },
    Row {
        rule: "return-undeclared",
        breaks: &[&[STATUS, Server(r#"{"return": {"depth": 1, "x": null}, "id": 1}"#)]],
        keeps: &[STATUS, DEPTH],
    },
    Row {
        rule: "return-type",
        breaks: &[
            &[STATUS, Server(r#"{"return": {"depth": "1"}, "id": 1}"#)],
            &[STATUS, Server(r#"{"return": {"depth": 1.0}, "id": 1}"#)],
            &[STATUS, Server(r#"{"return": [], "id": 1}"#)],
        ],
        keeps: &[STATUS, DEPTH],
    },
    Row {
        rule: "return-enum",
        breaks: &[&[
            Client(r#"{"execute":"all","arguments":{"name":""},"id":1}"#),
            Server(r#"{"return": {"name": "", "union": {"colour": "pink"}}, "id": 1}"#),
        ]],
        keeps: &[
            Client(r#"{"execute":"all","arguments":{"name":""},"id":1}"#),
            Server(r#"{"return": {"name": "", "union": {"colour": "blue"}}, "id": 1}"#),
        ],
    },
    Row {
        rule: "return-range",
        breaks: &[&[STATUS, Server(r#"{"return": {"depth": 256}, "id": 1}"#)]],
        keeps: &[STATUS, Server(r#"{"return": {"depth": 255}, "id": 1}"#)],
    },
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
        rule: "agent-silent-start",
        breaks: &[&[Qga, Connect, Server(r#"{"return": {}}"#)]],
        keeps: &[Qga, Connect, Quiet, PING, ACCEPTED],
    },
    Row {
        rule: "sync-sentinel",
        breaks: &[
            &[Qga, SYNC, Server(r#"{"return": 7, "id": 1}"#)],
            &[Qga, PING, Server("\u{ff}{\"return\": {}, \"id\": 1}")],
            &[Qga, SYNC, Server("\u{ff}\u{ff}{\"return\": 7, \"id\": 1}")],
            &[Qga, SYNC, SYNCED, Raw("\u{ff}")],
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
        breaks: &[&[Qga, Client(r#"{"execute":"silent-stop","id":1}"#), ACCEPTED]],
        keeps: &[Qga, Client(r#"{"execute":"silent-stop","id":1}"#), Quiet],
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

/// Whether a breach of the second rule explains one of the first.
fn yields(rule: &str, other: &str) -> bool {
    qmprobe_check::find(rule).is_some_and(|rule| rule.yields_to.contains(&other))
}

#[test]
fn each_rule_fires_alone_on_what_breaks_it() {
    for row in ROWS {
        for (nth, talk) in row.breaks.iter().enumerate() {
            let failed = fails(talk);
            let explained = |rule: &&str| yields(rule, row.rule);
            let alone: BTreeSet<&str> = failed.iter().copied().filter(|rule| !explained(rule)).collect();
            assert_eq!(alone, BTreeSet::from([row.rule]), "{} {nth}", row.rule);
        }
    }
}

#[test]
fn each_rule_is_content_with_what_keeps_it() {
    for row in ROWS {
        assert_eq!(fails(row.keeps), BTreeSet::new(), "{}", row.rule);
        assert!(passes(row.keeps).contains(row.rule), "{} looked at nothing", row.rule);
    }
}

#[test]
fn no_rule_is_without_a_row() {
    let rows: BTreeSet<&str> = ROWS.iter().map(|row| row.rule).collect();
    let rules: BTreeSet<&str> = ALL.iter().map(|rule| rule.slug).collect();
    assert_eq!(rows, rules);
}

#[test]
fn no_two_rules_explain_each_other() {
    let slug = |name: &'static str| name.split('/').next().unwrap_or(name);
    for rule in ALL {
        for explains in rule.yields_to.iter().copied().map(slug) {
            let other = qmprobe_check::find(explains);
            let other = other.unwrap_or_else(|| panic!("{} yields to no rule: {explains}", rule.slug));
            let back = other.yields_to.iter().copied().map(slug).any(|name| name == rule.slug);
            assert!(!back, "{} and {explains}", rule.slug);
        }
    }
}
