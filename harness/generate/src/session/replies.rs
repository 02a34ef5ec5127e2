//! Replies: one and no more, and what every peer says of itself.

use super::{Cases, command};
use qmprobe_wire::{Start, Step, Value, request};

/// Milliseconds in which an answer to nothing would come.
const BLANK_MS: u64 = 30;

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let quiet = vec![
        command(harmless, 1),
        Step::Settle(250),
        command("qmprobe-no-such-command", 2),
        Step::Settle(250),
    ];
    cases.push("one-reply", "a pause after the reply", Start::Command, quiet);
    let blank = vec![Step::Push(b"\n \t\r\n\n".into()), Step::Settle(BLANK_MS), command(harmless, 1)];
    cases.push("one-reply", "white space is no command", Start::Command, blank);
    // A client that has nothing more to say still listens.
    let last = [request::execute(harmless, None, Some(&Value::int(1))), b"\n".to_vec()].concat();
    let negotiation = cases.is_qmp().then(|| command("qmp_capabilities", 0));
    for (aim, word) in [("one-reply", Step::Push(last.clone())), ("half-close-ends", Step::Send(last))] {
        let half_closed = negotiation.clone().into_iter().chain([word, Step::HalfClose]).collect();
        cases.push(aim, "a half-closed connection", Start::Greeting, half_closed);
    }
    if cases.is_qmp() {
        for name in ["query-commands", "query-qmp-schema", "query-version", "query-status", "query-name"] {
            if cases.schema.command(name).is_some() {
                let aim = match name {
                    "query-commands" => "commands-agree",
                    "query-qmp-schema" => "schema-agrees",
                    _ => "basic-commands",
                };
                cases.push_for(Some(name), aim, name, Start::Command, vec![command(name, 1)]);
            }
        }
    }
}
