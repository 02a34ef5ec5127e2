//! Greeting, negotiation, envelope, out-of-band execution.

use super::{ACCEPTED, BARE_GENERIC, DEPTH, GENERIC, GO, GREETING, NOT_FOUND, Row, STATUS, WENT};
use crate::conversation::Say::{Client, Connect, Server, Stranger, Timeout};

pub const ROWS: &[Row] = &[
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
            Stranger,
            Connect,
            GREETING,
            Client(r#"{"execute":"qmp_capabilities","arguments":{"enable":["x"]},"id":1}"#),
            GENERIC,
            GO,
            WENT,
            // It is too late as well, and QEMU's order of checks is its own.
            Client(r#"{"execute":"qmp_capabilities","arguments":{"enable":["x"]},"id":1}"#),
            NOT_FOUND,
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
        breaks: &[
            &[Client(r#"{"execute":"nosuch","x":1,"id":1}"#), NOT_FOUND],
            &[Client(r#"{"x":1,"id":1}"#), NOT_FOUND],
        ],
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
];
