//! Several commands in one write: answered in order, errors included, whatever stands between them.

use super::{Cases, send};
use qmprobe_schema::Command;
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
    if cases.is_qmp() {
        overtaking(cases);
    } else {
        looks(cases);
    }
}

/// What only looks, some of it for a while, each with a quick command behind it.
fn looks(cases: &mut Cases<'_>) {
    let is_look = |name: &str| name.starts_with("guest-get-") || name.starts_with("guest-network-get-");
    let names =
        cases.schema.commands.iter().filter(|command| command.success_response && is_look(&command.name));
    let name_each = |(id, command): (u32, &Command)| {
        let (look, ping) = (2 * id, 2 * id + 1);
        let look = format!("{{\"execute\":\"{}\",\"id\":{look}}}\n", command.name);
        look + &format!("{{\"execute\":\"guest-ping\",\"id\":{ping}}}\n")
    };
    let lines: String = (0..).zip(names).map(name_each).collect();
    cases.push("reply-order", "looks with pings between", Start::Command, vec![send(lines)]);
}

/// Behind commands that take their time, some that are answered out of band, be it with an error.
fn overtaking(cases: &mut Cases<'_>) {
    let (harmless, slow) = (cases.harmless(), cases.slow().unwrap_or(cases.harmless()));
    let slow = |id: u32| format!("{{\"execute\":\"{slow}\",\"id\":{id}}}");
    let good = |id: u32| format!("{{\"execute\":\"{harmless}\",\"id\":{id}}}");
    let urgent = |name: &str, id: &str| format!("{{\"exec-oob\":\"{name}\"{id}}}");
    let unknown = "qmprobe-no-such-command";
    let enable = r#"{"execute":"qmp_capabilities","arguments":{"enable":["oob"]},"id":"go"}"#;
    let told =
        [slow(1), good(2), urgent(unknown, ",\"id\":3"), good(4), urgent(harmless, ",\"id\":5"), good(6)];
    let untold = [slow(1), "{]".to_owned(), urgent(unknown, ""), good(2), "{:}".to_owned(), good(3)];
    for (name, commands) in [("out of band behind slow ones", told), ("and without ids", untold)] {
        let steps = vec![send(enable), send(commands.join("\r\n") + "\r\n")];
        cases.push("reply-order", name, Start::Greeting, steps);
    }
}
