//! Envelopes: input that is no object, members missing, mistyped or too many, and the order of the checks.

use super::{Cases, command, naming, send};
use qmprobe_wire::Start;

const NO_OBJECTS: &[&str] = &[
    "null",
    "true",
    "false",
    "12",
    "1.5",
    "\"s\"",
    "[]",
    "[1]",
    "[{\"execute\":\"query-version\",\"id\":1}]",
];

/// What may stand for `execute`, none of it a string.
const NO_VERBS: &[&str] = &["1", "null", "true", "[\"query-version\"]", "{}", "1.5"];

/// What may stand for `arguments`, none of it an object.
const NO_ARGUMENTS: &[&str] = &["[]", "null", "\"\"", "1", "true", "false", "[{}]"];

/// Members that a command does not have.
const STRAY_MEMBERS: &[&str] =
    &["foo", "", "Execute", "control", "event", "argument", "return", "timestamp", "execute-oob"];

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let mut one = |aim: &str, input: String| {
        let input = naming(input.as_bytes(), harmless);
        let name = String::from_utf8_lossy(&input).into_owned();
        cases.push(aim, name, Start::Command, vec![send(input), command(harmless, 99)]);
    };
    for value in NO_OBJECTS {
        one("envelope-object", (*value).to_owned());
    }
    for input in ["{}", r#"{"id":1}"#, r#"{"arguments":{},"id":1}"#] {
        one("envelope-execute", input.to_owned());
    }
    for verb in NO_VERBS {
        one("envelope-execute", format!(r#"{{"execute":{verb},"id":1}}"#));
        one("envelope-execute", format!(r#"{{"execute":{verb}}}"#));
    }
    // A key spelt with escapes means the same.
    one("envelope-execute", format!(r#"{{"exec\u0075te":"{harmless}","id":1}}"#));
    for value in NO_ARGUMENTS {
        one("envelope-arguments", format!(r#"{{"execute":"{harmless}","arguments":{value},"id":1}}"#));
        one(
            "envelope-order",
            format!(r#"{{"execute":"qmprobe-no-such-command","arguments":{value},"id":1}}"#),
        );
    }
    one("envelope-arguments", format!(r#"{{"execute":"{harmless}","arguments":{{}},"id":1}}"#));
    one("envelope-arguments", format!(r#"{{"arguments":{{}},"id":1,"execute":"{harmless}"}}"#));
    for member in STRAY_MEMBERS {
        one("envelope-members", format!(r#"{{"execute":"{harmless}","{member}":1,"id":1}}"#));
    }
    // What is no id does not come back.
    one("envelope-members", format!(r#"{{"execute":"{harmless}","ID":null}}"#));
    one("envelope-members", format!(r#"{{"execute":"{harmless}","id2":1}}"#));
    one("envelope-members", format!(r#"{{"Execute":"{harmless}","id":1}}"#));
    one("arguments-unknown", format!(r#"{{"execute":"{harmless}","arguments":{{"":1}},"id":1}}"#));
    one("envelope-order", r#"{"execute":"qmprobe-no-such-command","foo":1,"id":1}"#.to_owned());
    one("oob-gate", format!(r#"{{"exec-oob":"{harmless}","id":1}}"#));
    one("oob-gate", r#"{"exec-oob":"qmprobe-no-such-command","id":1}"#.to_owned());
    one("oob-gate", format!(r#"{{"execute":"{harmless}","exec-oob":"{harmless}","id":1}}"#));
}
