//! Greeting and negotiation: the gate before it, good and bad `qmp_capabilities`, once, and per connection.

use super::{Cases, command, naming, send};
use qmprobe_wire::{Start, Step};

const GOOD: &str = r#"{"execute":"qmp_capabilities","id":"go"}"#;

const ENABLE_OOB: &str = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"go"}"#;

/// GenericError where out-of-band execution is off, and CommandNotFound where it is on.
const OOB_UNKNOWN: &str = r#"{"exec-oob":"qmprobe-no-such-command","id":2}"#;

/// Arguments of `qmp_capabilities` that must be refused.
const BAD_ARGUMENTS: &[&str] = &[
    r#"{"foo":1}"#,
    r#"{"enable":{}}"#,
    r#"{"enable":"oob"}"#,
    r#"{"enable":[1]}"#,
    r#"{"enable":null}"#,
    r#"{"enable":["no-such-capability"]}"#,
    r#"{"enable":["OOB"]}"#,
    r#"{"enable":["oob","no-such-capability"]}"#,
];

/// Input that is refused alike before and after negotiation.
const MALFORMED: &[&str] = &[
    "{]\n",
    "null\n",
    "[]\n",
    "{\"id\":1}\n",
    "{\"execute\":true,\"id\":2}\n",
    "{\"execute\":\"query-version\",\"arguments\":[],\"id\":3}\n",
    "{\"execute\":\"query-version\",\"extra\":1,\"id\":4}\n",
    "{\"execute\":\"query-version\",\"id\":\"\t\"}\n",
];

pub(super) fn push(cases: &mut Cases<'_>) {
    if !cases.is_qmp() {
        return;
    }
    let harmless = cases.harmless();
    let greeted = vec![Step::Settle(150), send(GOOD), command("query-version", 1)];
    cases.push("greeting-version-agrees", "greeting, then query-version", Start::Greeting, greeted);
    gate(cases, harmless);
    // Before any connection has enabled something.
    per_connection(cases, harmless);
    malformed(cases, harmless);
    arguments(cases, harmless);
    success(cases, harmless);
    out_of_band(cases, harmless);
}

/// Each gate is tried on the first connection, so that one which never holds is told from one that an earlier
/// connection opened.
fn per_connection(cases: &mut Cases<'_>, harmless: &str) {
    let gates = [command(harmless, 1), send(OOB_UNKNOWN)];
    let mut steps = gates.to_vec();
    steps.push(send(ENABLE_OOB));
    steps.push(command(harmless, 3));
    steps.push(Step::Reconnect);
    steps.extend(gates);
    steps.extend([send(GOOD), send(OOB_UNKNOWN), command(harmless, 4)]);
    cases.push("negotiation-per-connection", "a second connection", Start::Greeting, steps);
    let begun = [
        send(GOOD),
        command(harmless, 1),
        // A parser that is kept makes a string of this and of what comes first, and tells so.
        Step::Push(br#""half"#.to_vec()),
        Step::Reconnect,
        send(GOOD),
        command(harmless, 2),
    ];
    cases.push("negotiation-per-connection", "half a string left behind", Start::Greeting, begun.to_vec());
}

fn gate(cases: &mut Cases<'_>, harmless: &str) {
    for name in [harmless, "query-commands", "qmprobe-no-such-command"] {
        let steps = vec![command(name, 1), command(name, 2), send(GOOD), command(name, 3)];
        cases.push("negotiation-gate", format!("{name} first"), Start::Greeting, steps);
    }
    let no_id = vec![send(format!(r#"{{"execute":"{harmless}"}}"#)), send(GOOD), command(harmless, 1)];
    cases.push("negotiation-gate", format!("{harmless} first, without id"), Start::Greeting, no_id);
}

fn malformed(cases: &mut Cases<'_>, harmless: &str) {
    for input in MALFORMED {
        let text = naming(input.as_bytes(), harmless);
        let name = String::from_utf8_lossy(&text).trim_end().to_owned();
        let again = send(text.clone());
        let steps = vec![send(text), command(harmless, 5), send(GOOD), again, command(harmless, 6)];
        cases.push("negotiation-malformed", name, Start::Greeting, steps);
    }
}

fn arguments(cases: &mut Cases<'_>, harmless: &str) {
    for bad in BAD_ARGUMENTS {
        let refused = format!(r#"{{"execute":"qmp_capabilities","arguments":{bad},"id":1}}"#);
        let steps = vec![
            send(refused),
            command(harmless, 2),
            send(OOB_UNKNOWN),
            send(GOOD),
            send(OOB_UNKNOWN),
            send(format!(r#"{{"exec-oob":"{harmless}","id":3}}"#)),
            command(harmless, 4),
        ];
        cases.push("negotiation-arguments", *bad, Start::Greeting, steps);
    }
}

fn success(cases: &mut Cases<'_>, harmless: &str) {
    for good in ["{}", r#"{"enable":[]}"#, r#"{"enable":["oob"]}"#, r#"{"enable":["oob","oob"]}"#] {
        let steps = vec![
            send(format!(r#"{{"execute":"qmp_capabilities","arguments":{good},"id":1}}"#)),
            command(harmless, 2),
        ];
        cases.push("negotiation-succeeds", good, Start::Greeting, steps);
    }
    let unread = format!("{GOOD}{{\"execute\":\"{harmless}\",\"id\":1}}");
    let steps = vec![send(unread), command(harmless, 2)];
    cases.push("negotiation-succeeds", "in one write, greeting unread", Start::Connected, steps);
    let bad_again = r#"{"execute":"qmp_capabilities","arguments":{"foo":1},"id":3}"#;
    let steps = vec![send(GOOD), send(GOOD), command(harmless, 2), send(bad_again), command(harmless, 4)];
    cases.push("negotiation-once", "twice", Start::Greeting, steps);
}

fn out_of_band(cases: &mut Cases<'_>, harmless: &str) {
    let mut oob = |aim: &str, name: &str, input: String| {
        let steps = vec![send(ENABLE_OOB), send(input), command(harmless, 9)];
        cases.push(aim, name, Start::Greeting, steps);
    };
    oob("oob-allowed", "an in-band command", format!(r#"{{"exec-oob":"{harmless}","id":1}}"#));
    oob("oob-gate", "exec-oob unknown", OOB_UNKNOWN.to_owned());
    oob("envelope-execute", "exec-oob is a number", r#"{"exec-oob":1,"id":1}"#.to_owned());
    oob(
        "envelope-members",
        "both verbs",
        format!(r#"{{"execute":"{harmless}","exec-oob":"{harmless}","id":1}}"#),
    );
}
