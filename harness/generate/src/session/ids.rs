//! Ids of every JSON type, on success and on every kind of error: each must come back as the same value.

use super::{Cases, send};
use qmprobe_wire::Start;

/// Ids as they are written; numbers at the edges of what QEMU keeps.
const IDS: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-0.0",
    "1",
    "-1",
    "1.0",
    "0.1",
    "1e5",
    "1.5e300",
    "5e-324",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775809",
    "0.30000000000000004",
    "123456789.12345678",
    "1e400",
    "-1e400",
    "\"\"",
    "\"a\"",
    "\"\\u00e9\"",
    "\"\u{e9}\"",
    "\"\u{1f600}\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u0000\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    "\"\u{7f}\"",
    "\"\\u2028\"",
    "\"%s\"",
    "\"1\"",
    "\"null\"",
    "\"AbC  xYz \"",
    "[]",
    "{}",
    "[1,\"a\",null,true,1.5,[],{}]",
    "{\"a\":1,\"b\":{\"c\":[2]},\"\":null}",
    "[[[[[[[[1]]]]]]]]",
    "[[1,2],[3],[]]",
    "[9007199254740993,-9223372036854775808,18446744073709551615,4294967297,-2147483649]",
    "[\"\u{e9}\",\"\\ud83d\\ude00\",\"a rather long string that stands inside of a list\"]",
    "{\"\u{e9}\":[\"\\u00e9\"],\"b\":\"\u{e9}\",\"c\":\"a rather long string that stands inside of an object\"}",
    "[false,0,\"\"]",
    "{\"B\":1,\"a\":[true]}",
    "{\"id\":1}",
    "{\"return\":{}}",
    "{\"error\":{}}",
];

/// Characters of the long id: more than a fixed buffer has.
const LONG: usize = 5000;
/// Characters of the longest: more than 16 bits count.
const VERY_LONG: usize = 70_000;
/// The same of an agent: more than its channel holds, so that its reply goes out in parts, and no flood where each is
/// escaped. A monitor reads byte by byte.
const LONGEST: usize = 600_000;
/// Levels of the deep ids: fewer than any JSON library takes.
const DEEP: usize = 40;
/// Digits of the longest number: more than some languages turn into an integer.
const DIGITS: usize = 5000;
/// Values of the wide ids: more than a table of fixed size has.
const WIDE: usize = 1500;

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let long = format!("\"{}\"", "x".repeat(LONG));
    let lists = format!("{}1{}", "[".repeat(DEEP), "]".repeat(DEEP));
    let objects = format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP));
    let elements: Vec<String> = (0..WIDE).map(|at| at.to_string()).collect();
    let members: Vec<String> = (0..WIDE).map(|at| format!("\"{at}\":{at}")).collect();
    let (list, object) = (format!("[{}]", elements.join(",")), format!("{{{}}}", members.join(",")));
    let digits = "9".repeat(DIGITS);
    for id in IDS.iter().copied().chain([&*long, &*lists, &*objects, &*list, &*object, &*digits]) {
        let shown: String = id.chars().take(50).collect();
        let success = format!("{{\"execute\":\"{harmless}\",\"id\":{id}}}");
        // Without it first: what is refused then is not refused for its id.
        let steps = vec![send(format!("{{\"execute\":\"{harmless}\"}}")), send(success)];
        cases.push("reply-id-echo", format!("{shown} on success"), Start::Command, steps);
        let errors = vec![
            send(format!("{{\"execute\":\"qmprobe-no-such-command\",\"id\":{id}}}")),
            send(format!("{{\"id\":{id}}}")),
            send(format!("{{\"execute\":1,\"id\":{id}}}")),
            send(format!("{{\"execute\":\"{harmless}\",\"arguments\":[],\"id\":{id}}}")),
            send(format!(
                "{{\"execute\":\"{harmless}\",\"arguments\":{{\"qmprobe-no-such\":1}},\"id\":{id}}}"
            )),
            send(format!("{{\"execute\":\"{harmless}\",\"foo\":1,\"id\":{id}}}")),
        ];
        cases.push("reply-id-echo", format!("{shown} on errors"), Start::Command, errors);
    }
    let length = if cases.is_qmp() { VERY_LONG } else { LONGEST };
    // A character that is lost shows wherever it stood.
    let longest: String = (b'a'..=b'z').cycle().take(length).map(char::from).collect();
    let steps = [String::new(), format!(",\"id\":\"{longest}\"")]
        .map(|id| send(format!("{{\"execute\":\"{harmless}\"{id}}}")));
    cases.push("reply-id-echo", format!("{length} characters"), Start::Command, steps.into());
    if cases.is_qmp() {
        let gated = vec![
            send(format!("{{\"execute\":\"{harmless}\",\"id\":\"gated\"}}")),
            send("{\"execute\":\"qmprobe-no-such-command\",\"id\":[1]}"),
            send("{\"id\":{\"a\":null}}"),
            send("{\"execute\":\"qmp_capabilities\",\"arguments\":{\"foo\":1},\"id\":null}"),
            send("{\"execute\":\"qmp_capabilities\",\"id\":0}"),
            send("{\"execute\":\"qmp_capabilities\",\"id\":false}"),
        ];
        cases.push("reply-id-echo", "before and during negotiation", Start::Greeting, gated);
    }
    let absent = vec![
        send(format!("{{\"execute\":\"{harmless}\"}}")),
        send(format!("{{\"execute\":\"{harmless}\",\"id\":\"last\"}}")),
        send("{\"execute\":\"qmprobe-no-such-command\"}"),
        send("{}"),
        send("{\"execute\":1}"),
        send(format!("{{\"id\":\"first\",\"execute\":\"{harmless}\"}}")),
        send(format!("{{\"execute\":\"{harmless}\"}}")),
    ];
    cases.push("reply-id-echo", "absent", Start::Command, absent);
}
