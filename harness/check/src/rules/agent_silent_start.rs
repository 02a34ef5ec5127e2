//! The guest agent sends no greeting.

use crate::context::Context;
use crate::rule::{QGA, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Frame, Start, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G101",
    slug: "agent-silent-start",
    title: "The agent speaks when spoken to",
    requirement: "A fresh connection to the guest agent receives nothing before the client has sent something.",
    source: "QEMU qga/main.c; guest agent protocol",
    terms: Terms { dialects: QGA, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    let exchanges = &context.transcript.exchanges;
    for (index, exchange) in exchanges.iter().enumerate() {
        let mut its_own = exchanges[..=index].iter().filter(|one| one.connection == exchange.connection);
        let is_fresh = exchange.connection > 0 || context.transcript.case.start != Start::Command;
        if !(is_fresh && its_own.all(|one| one.sent.is_empty())) {
            continue;
        }
        looked = true;
        if let Some(received) = exchange.received.first() {
            breaches.push(Breach {
                exchange: index,
                class: "unasked".to_owned(),
                expected: vec!["nothing before the first command".to_owned()],
                actual: match &received.frame {
                    Frame::Message(message) => escape::escape_short(&message.bytes, 160),
                    Frame::Garbage(bytes) => escape::escape_short(bytes, 160),
                    Frame::Sentinel => "\\xff".to_owned(),
                },
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no fresh connection was opened", out);
}
