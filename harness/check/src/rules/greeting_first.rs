//! The greeting is the first message of a connection, and there is one.

use crate::context::Context;
use crate::rule::{QMP, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Ending, Exchange, ExchangeEnd, MessageKind};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q101",
    slug: "greeting-first",
    title: "The greeting comes first and once",
    requirement: "A fresh connection receives exactly one greeting, before anything else and before the client \
                  has sent anything.",
    source: "QMP specification, Server Greeting; QEMU monitor/qmp.c:monitor_qmp_event",
    terms: Terms { dialects: QMP, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    if matches!(context.transcript.ending, Ending::Exited { .. }) {
        return out.push(Verdict::skip(rule, "the peer ended"));
    }
    for (index, exchange) in context.transcript.exchanges.iter().enumerate() {
        let first_unread = index == 0 && !context.transcript.start.negotiated;
        looked |= exchange.opened || first_unread;
        let defect = match exchange.opened {
            true => of_opening(exchange),
            false => of_later(exchange, first_unread),
        };
        if let Some((class, actual)) = defect {
            let expected = vec!["one greeting, and nothing more until the client sends".to_owned()];
            breaches.push(Breach {
                exchange: index,
                class: class.to_owned(),
                expected,
                actual,
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, looked, "no fresh connection was opened", out);
}

fn greetings(exchange: &Exchange) -> usize {
    exchange.messages().filter(|message| message.kind == MessageKind::Greeting).count()
}

fn of_opening(exchange: &Exchange) -> Option<(&'static str, String)> {
    let first = exchange.messages().next();
    match (greetings(exchange), first.map(|message| message.kind)) {
        (0, Some(MessageKind::Return | MessageKind::Error)) => {
            Some(("preceded", "a reply where the greeting is due".to_owned()))
        }
        // A message that is none, or an event, is the affair of the rules about those.
        (0, Some(_)) => None,
        (0, None) => Some(("missing", how_it_ended(exchange))),
        (1, _) => None,
        (more, _) => Some(("repeated", format!("{more} greetings"))),
    }
}

fn of_later(exchange: &Exchange, first_unread: bool) -> Option<(&'static str, String)> {
    let count = greetings(exchange);
    (count > usize::from(first_unread))
        .then(|| ("repeated", "a greeting in the middle of a session".to_owned()))
}

fn how_it_ended(exchange: &Exchange) -> String {
    match &exchange.end {
        ExchangeEnd::TimedOut { waited_ms } => format!("no greeting within {waited_ms} ms"),
        ExchangeEnd::Closed => "the connection was closed without a greeting".to_owned(),
        ExchangeEnd::Flooded(limit) => format!("no greeting before the limit {limit}"),
        ExchangeEnd::Complete | ExchangeEnd::Unread => "no greeting".to_owned(),
    }
}
