//! A client that goes while its command runs, and the next one, which must not get the reply.

use super::{Cases, command, send};
use qmprobe_wire::{Start, Step};

/// Types, commands and events of a schema that is told in one piece: a reply that is longer than a socket's
/// buffer (208 KiB on Linux) can be left half told, and then the next client reads its rest.
const ENTITIES_MAX: usize = 800;
/// Milliseconds after which the command should have begun and not be done; it depends on the machine.
const LEAVES_AFTER_MS: [u64; 4] = [1, 2, 1, 3];
/// Times that each of them is tried.
const ROUNDS: usize = 4;
/// Commands that are left behind where they are queued: whenever the peer sees that its client went, it runs one of
/// them. Two fewer than the queue has places for.
const QUEUED: usize = 6;
/// In which the reply shows itself; one that is later still shows in the next try.
const LISTENS_MS: u64 = 25;

pub(super) fn push(cases: &mut Cases<'_>) {
    let schema = cases.schema;
    let entities = schema.types.len() + schema.commands.len() + schema.events.len();
    let introspection = (entities <= ENTITIES_MAX).then_some("query-qmp-schema");
    let introspection = introspection.filter(|name| schema.command(name).is_some());
    let Some(slow) = introspection.or(cases.slow()) else { return };
    if !cases.is_qmp() {
        return;
    }
    let harmless = cases.harmless();
    // A command that runs out of the reach of the input keeps nobody from seeing that the client went.
    let kinds = [("in band", "[]", 1), ("with out-of-band execution", "[\"oob\"]", QUEUED)];
    for (name, enable, count) in kinds {
        let negotiate =
            format!(r#"{{"execute":"qmp_capabilities","arguments":{{"enable":{enable}}},"id":"go"}}"#);
        let leave = |(nth, after): (usize, u64)| {
            [
                send(negotiate.as_str()),
                Step::Push(format!(r#"{{"execute":"{slow}","id":"left-{nth}"}}"#).repeat(count).into_bytes()),
                Step::Leave(after),
                Step::Settle(LISTENS_MS),
            ]
        };
        let tries = LEAVES_AFTER_MS.repeat(ROUNDS).into_iter().enumerate();
        let mut steps: Vec<Step> = tries.flat_map(leave).collect();
        steps.extend([send(r#"{"execute":"qmp_capabilities","id":"mine"}"#), command(harmless, 1)]);
        cases.push("no-foreign-reply", format!("{slow} left running, {name}"), Start::Greeting, steps);
    }
}
