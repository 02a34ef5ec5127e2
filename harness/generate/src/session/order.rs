//! Several commands in one write: answered in order, errors included, whatever stands between them.

use super::{Cases, send};
use qmprobe_wire::Start;

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let good = |id: u32| format!("{{\"execute\":\"{harmless}\",\"id\":{id}}}");
    let unknown = |id: u32| format!("{{\"execute\":\"qmprobe-no-such-command\",\"id\":{id}}}");
    let many: String = (1..=24).map(|id| if id % 3 == 0 { unknown(id) } else { good(id) }).collect();
    cases.push("reply-order", "24 commands without white space", Start::Command, vec![send(many)]);
    let lines: String = (1..=8).map(|id| good(id) + "\r\n").collect();
    cases.push("reply-order", "8 lines", Start::Command, vec![send(lines)]);
    let mixed =
        [good(1), "{\"execute\":1,\"id\":2}".to_owned(), unknown(3), "{\"id\":4}".to_owned(), good(5)]
            .concat();
    cases.push("reply-order", "errors between", Start::Command, vec![send(mixed)]);
    let garbled = format!("{}{{]{}", good(1), good(2));
    cases.push("reply-order", "malformed JSON between", Start::Command, vec![send(garbled), send(good(3))]);
    let pretty = format!("{{\n  \"execute\" :\t\"{harmless}\" ,\r\n \"id\" : 1\n}}\n\n\n");
    cases.push("reply-order", "spread over lines", Start::Command, vec![send(pretty), send(good(2))]);
}
