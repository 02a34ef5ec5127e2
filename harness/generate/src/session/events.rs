//! Silence where events must not come.

use super::{Cases, command, send};
use qmprobe_wire::{Start, Step};

pub(super) fn push(cases: &mut Cases<'_>) {
    if !cases.is_qmp() {
        return;
    }
    let harmless = cases.harmless();
    let steps = vec![
        Step::Settle(300),
        command(harmless, 1),
        Step::Settle(100),
        send(r#"{"execute":"qmp_capabilities","id":2}"#),
        command(harmless, 3),
    ];
    cases.push("event-gate", "a connection that waits", Start::Greeting, steps);
}
