//! Input that is no JSON: each error is answered once, without id, and the session goes on.

use super::{Cases, command, naming, send};
use qmprobe_wire::{Start, escape};

/// Malformed texts: what no JSON parser may take, and repeated keys. (A lone surrogate is left to each parser:
/// RFC 8259, section 8.2.) Each leaves nothing pending, so that the next command stands alone.
const MALFORMED: &[&[u8]] = &[
    b"{]\n",
    b"[}\n",
    b"}\n",
    b"]\n",
    b",\n",
    b":\n",
    b"{\"execute\":}\n",
    b"{\"execute\" \"query-version\",\"id\":1}\n",
    b"{\"execute\":\"query-version\" \"id\":1}\n",
    b"{\"execute\":\"query-version\",\"id\":1,}\n",
    b"{,\"execute\":\"query-version\",\"id\":1}\n",
    b"{\"execute\":\"query-version\",\"id\":[1,]}\n",
    b"{execute:\"query-version\",\"id\":1}\n",
    b"{1:\"query-version\",\"id\":1}\n",
    b"{\"execute\":\"query-version\",\"id\":1,\"id\":2}\n",
    b"{\"execute\":\"query-version\",\"arguments\":{\"a\":1,\"a\":1},\"id\":1}\n",
    b"{\"execute\":\"query-version\",\"id\":[{\"a\":1,\"a\":1}]}\n",
    b"{\"execute\":\"query-version\",\"id\":True}\n",
    b"{\"execute\":\"query-version\",\"execute\":\"query-version\",\"id\":1}\n",
    b"{\"execute\":\"query-version\",\"id\":nul}\n",
    b"{\"execute\":\"query-version\",\"id\":undefined}\n",
    b"{\"execute\":\"query-version\",\"id\":0x10}\n",
    b"{\"execute\":\"query-version\",\"id\":\"\\q\"}\n",
    b"{\"execute\":\"query-version\",\"id\":\"\\x41\"}\n",
    b"{\"execute\":\"query-version\",\"id\":\"\\u12\"}\n",
    b"{\"execute\":\"query-version\",\"id\":\"\xc3\"}\n",
    b"{\"execute\":\"query-version\",\"id\":\"\xed\xa0\x80\"}\n",
    b"{\"execute\":\"query-version\",\"id\":\"tab\there\"}\n",
    b"{\"execute\":\"query-version\",\"id\":\"open\n",
    b"{\"execute\":\"query-version\",\"id\":01}\n",
    b"{\"execute\":\"query-version\",\"id\":+1}\n",
    b"{\"execute\":\"query-version\",\"id\":1.}\n",
    b"{\"execute\":\"query-version\",\"id\":-}\n",
    b"{\"execute\":\"query-version\",\"id\":NaN}\n",
    b"{\"execute\":\"query-version\",\"id\":%p}\n",
    b"{\"execute\":\"query-version\",\"id\":1 # one\n}\n",
    b"{\"execute\":\"query-version\",\"id\":1 // one\n}\n",
    b"{\"execute\":\"query-version\",\"id\":1 /* one */}\n",
    b"{\"execute\":\"query-version\",\"id\":1}}\n",
    b"{\"execute\":\"query-version\",\"id\":\"a\x00b\"}\n",
    b"\xff\n",
    b"\x01\n",
    b"nul\n",
];

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    for input in MALFORMED {
        let text = naming(input, harmless);
        let name = escape::escape(&text);
        let steps = vec![send(text), command(harmless, 7)];
        cases.push("json-error-answered", name, Start::Command, steps);
    }
    let after_id = vec![
        command(harmless, 41),
        send("{]\n"),
        command(harmless, 42),
        send("{\"id\":43]\n"),
        command(harmless, 44),
        send("{\"execute\":}\n"),
        command(harmless, 45),
    ];
    cases.push("json-error-no-id", "between commands with ids", Start::Command, after_id);
}
