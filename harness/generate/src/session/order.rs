//! Several commands in one write: answered in order, errors included, whatever stands between them.

use super::{Cases, send};
use qmprobe_wire::Start;

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let good = |id: u32| format!("{{\"execute\":\"{harmless}\",\"id\":{id}}}\r\n");
    let unknown = |id: u32| format!("{{\"execute\":\"qmprobe-no-such-command\",\"id\":{id}}}\r\n");
    let lines: String = (1..=24).map(|id| if id % 3 == 0 { unknown(id) } else { good(id) }).collect();
    let mixed = [good(1), "{\"execute\":1,\"id\":2}\n".into(), unknown(3), "{\"id\":4}\n".into(), good(5)];
    let garbled = format!("{}{{]\r\n{}", good(1), good(2));
    let after = send(good(3));
    cases.push("reply-order", "24 lines", Start::Command, vec![send(lines)]);
    cases.push("reply-order", "errors between", Start::Command, vec![send(mixed.concat())]);
    cases.push("reply-order", "malformed JSON between", Start::Command, vec![send(garbled), after]);
}
