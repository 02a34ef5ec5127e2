//! A message is exactly one of greeting, return, error, event.

use crate::context::{Context, returns_error};
use crate::each_message::judge_each;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict};
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
    let agent = context.transcript.dialect == Dialect::Qga;
    let kinds = if agent { "return, error" } else { "QMP, return, error, event" };
    judge_each(context, rule, "no message was seen", out, |exchange, message| {
        let defect = message.is_legible().then(|| defect(message, agent))?;
        let is_own =
            || !context.is_left_over(exchange, message) && !context.follows_garbage(exchange, message);
        let defect = defect.filter(|_| is_own());
        Some(defect.map(|(class, path)| Breach {
            class: class.to_owned(),
            value_path: path,
            expected: vec![format!("exactly one of {kinds}; a reply besides it only id")],
            actual: escape::escape_short(&message.bytes, 200),
            ..Breach::default()
        }))
    });
}

fn defect(message: &Message, agent: bool) -> Option<(&'static str, String)> {
    match message.kind {
        // An agent has neither.
        MessageKind::Greeting | MessageKind::Event if agent => Some(("kind", String::new())),
        MessageKind::Other => Some(("kind", String::new())),
        MessageKind::Return | MessageKind::Error => {
            if returns_error(message) {
                return Some(("error-returned", "return.error".to_owned()));
            }
            let stranger = message.names().find(|name| !matches!(*name, "return" | "error" | "id"))?;
            Some(("undeclared", stranger.to_owned()))
        }
        MessageKind::Greeting | MessageKind::Event => None,
    }
}
