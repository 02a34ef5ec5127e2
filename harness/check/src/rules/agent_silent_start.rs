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
    let fresh = context.transcript.case.start != Start::Command;
    for (index, exchange) in context.transcript.exchanges.iter().enumerate() {
        let unasked = context.transcript.exchanges[..=index].iter().all(|earlier| earlier.sent.is_empty());
        if !(exchange.opened || unasked && fresh) {
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
