//! A message is exactly one of greeting, return, error, event.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Dialect, Message, MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q308",
    slug: "reply-shape",
    title: "A message is one thing",
    requirement: "A message is an object with exactly one of QMP, return, error and event; a reply has besides it only the id.",
    source: "QMP specification, Commands Responses; QEMU qapi/qmp-dispatch.c",
    terms: Terms { yields_to: &["agent-silent-start"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    let agent = context.transcript.dialect == Dialect::Qga;
    for (exchange, message) in context.messages().filter(|(_, message)| message.is_legible()) {
        looked = true;
        if context.is_left_over(exchange, message) {
            continue;
        }
        let Some((class, path)) = defect(message, agent) else { continue };
        breaches.push(Breach {
            exchange,
            class: class.to_owned(),
            value_path: path,
            expected: vec!["exactly one of QMP, return, error, event; a reply besides it only id".to_owned()],
            actual: escape::escape_short(&message.bytes, 200),
            ..Breach::default()
        });
    }
    conclude(rule, breaches, looked, "no message was seen", out);
}

fn defect(message: &Message, agent: bool) -> Option<(&'static str, String)> {
    match message.kind {
        // An agent has neither.
        MessageKind::Greeting | MessageKind::Event if agent => Some(("kind", String::new())),
        MessageKind::Other => Some(("kind", String::new())),
        MessageKind::Return | MessageKind::Error => {
            let stranger = message.names().find(|name| !matches!(*name, "return" | "error" | "id"))?;
            Some(("undeclared", stranger.to_owned()))
        }
        MessageKind::Greeting | MessageKind::Event => None,
    }
}
