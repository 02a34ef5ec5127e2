//! Ids, replies, arguments, return values.

use super::{ACCEPTED, BARE_GENERIC, DEPTH, GENERIC, GO, GREETING, NOT_FOUND, OPENED, Row, STATUS, WENT};
use crate::conversation;
use crate::conversation::Say::{Aim, Client, Connect, Late, Library, Server, Stranger, Timeout};

/// Two commands in one write.
const TWICE: conversation::Say =
    Client("{\"execute\":\"query-status\",\"id\":1}{\"execute\":\"query-status\",\"id\":1}");

/// A command in which a name stands twice.
const FRAMING: conversation::Say = Aim("input-framing");
const SPACED: conversation::Say = Client(r#" {"execute":"query-status","id":1}"#);
const NAMED_TWICE: conversation::Say = Client(r#"{"execute":"query-status","id":1,"id":2}"#);

pub const ROWS: &[Row] = &[
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
            &[
                Aim("reply-id-echo"),
                Client(r#"{"execute":"query-status"}"#),
                Server(r#"{"return": {"depth": 1}}"#),
                STATUS,
                GENERIC,
            ],
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
            // A parser modelled on QEMU's has no excuse.
            &[Stranger, NAMED_TWICE, Server(r#"{"return": {"depth": 1}, "id": 2}"#)],
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
        rule: "input-framing",
        breaks: &[
            &[FRAMING, STATUS, DEPTH, TWICE, DEPTH, Timeout],
            &[FRAMING, STATUS, DEPTH, TWICE, DEPTH, Timeout, STATUS, DEPTH, TWICE, DEPTH, Timeout],
            &[FRAMING, STATUS, DEPTH, SPACED, BARE_GENERIC],
            // The blank is answered as well.
            &[FRAMING, STATUS, DEPTH, SPACED, BARE_GENERIC, DEPTH],
        ],
        // What is lost only once was lost for another reason.
        keeps: &[FRAMING, STATUS, DEPTH, TWICE, DEPTH, Timeout, STATUS, DEPTH, TWICE, DEPTH, DEPTH],
    },
    Row {
        rule: "json-leniency",
        breaks: &[&[Library, NAMED_TWICE, Server(r#"{"return": {"depth": 1}, "id": 2}"#)]],
        keeps: &[Library, NAMED_TWICE, BARE_GENERIC],
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
        breaks: &[
            &[Connect, GREETING, Server(r#"{"return": {}}"#)],
            // The end of a reply whose client left.
            &[
                Connect,
                GREETING,
                GO,
                WENT,
                Client(r#"{"execute":"all","arguments":{"name":""},"id":"left-1"}"#),
                Connect,
                Server(r#"ame": "x", "depth": [1, {"a": 2}]}, "id": "left-1"}"#),
                GREETING,
            ],
        ],
        keeps: &[Connect, GREETING],
    },
    Row {
        rule: "reply-shape",
        breaks: &[
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": 1, "error": null}"#)],
            &[STATUS, Server(r#"{"return": {"depth": 1}, "id": 1, "ok": true}"#)],
            &[STATUS, Server(r#"[{"return": {"depth": 1}, "id": 1}]"#)],
            &[STATUS, Server(r#"{"result": {"depth": 1}, "id": 1}"#)],
            &[STATUS, Server(r#"{"return": { "error": {"class": "GenericError", "desc": "no"}}, "id": 1}"#)],
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
];
