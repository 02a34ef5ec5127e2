//! A client gets back in step, whatever happened to the bytes between it and the agent.

use crate::context::Context;
use crate::rule::{QGA, Rule, Terms};
use crate::stream::is_stream;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{
    Attempt, Dialect, Ending, Exchange, ExchangeEnd, Frame, Message, Step, Transcript, escape,
};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G107",
    slug: "sync-recovers",
    title: "A client gets back in step",
    requirement: "0xFF and guest-sync-delimited with a fresh id bring client and agent back in step at the first try whose bytes arrive undamaged, whatever came before.",
    source: "QEMU qga/qapi-schema.json (guest-sync-delimited)",
    terms: Terms {
        dialects: QGA,
        yields_to: &[
            "sync-sentinel",
            "sync-echo",
            "sync-reset",
            "peer-survives/hang",
            "basic-commands",
            "return-type",
            "output-framing",
            "one-reply",
            "envelope-object/missing",
            "json-error-answered",
            "input-framing",
            "line-end",
            // It takes no more than a part of a long text.
            "reply-id-echo/refused",
        ],
        is_consequence: true,
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    if context.peer_is_lost() && !explains_silence(context) {
        return out.push(Verdict::skip(rule, "the peer was lost"));
    }
    if context.schema.command("guest-sync-delimited").is_none() {
        return out.push(Verdict::skip(rule, "the agent does not offer guest-sync-delimited"));
    }
    let exchanges = &context.transcript.exchanges;
    let mut looked = false;
    let mut breaches = Vec::new();
    for (index, exchange) in exchanges.iter().enumerate() {
        let Some(attempt) = exchange.attempt else { continue };
        let next =
            exchanges.get(index + 1).filter(|next| next.attempt.is_some() && next.step == exchange.step);
        if next.is_some() || exchange.end == ExchangeEnd::Unread {
            continue;
        }
        looked = true;
        let breach = breach(index, exchange, attempt, tries_due(context, exchange));
        breaches.extend(breach.map(|breach| Breach { command: Some(asked(context, index)), ..breach }));
    }
    conclude(rule, breaches, looked, "nothing put it to the test", out);
}

/// Whether an agent falls silent in a case of this rule, or in a stream, as it does where 0xFF throws nothing away.
pub(crate) fn explains_silence(context: &Context<'_>) -> bool {
    let Transcript { ending, case, exchanges, dialect, .. } = context.transcript;
    let is_silent = exchanges.last().is_some_and(|last| matches!(last.end, ExchangeEnd::TimedOut { .. }));
    let is_aimed = *dialect == Dialect::Qga && (case.aim.as_deref() == Some(RULE.slug) || is_stream(case));
    is_aimed && is_silent && *ending == Ending::Hung && context.is_begun_without_resets()
}

/// The command of the last try: one that cannot be delimited is plain.
fn asked(context: &Context<'_>, exchange: usize) -> String {
    let mut pairs = context.pairs.iter().rev().filter(|pair| pair.exchange == exchange);
    let asked = pairs.find_map(|pair| pair.expectation.command.clone());
    asked.unwrap_or_else(|| "guest-sync-delimited".to_owned())
}

fn tries_due(context: &Context<'_>, exchange: &Exchange) -> u32 {
    match exchange.step.and_then(|step| context.transcript.case.steps.get(step)) {
        Some(Step::Sync(sync)) => sync.tries_due(),
        _ => 1,
    }
}

/// What is wrong with the last try of a recovery, which may have come after so many.
fn breach(index: usize, exchange: &Exchange, last: Attempt, due: u32) -> Option<Breach> {
    let tries = last.number + 1;
    let (class, actual) = if !last.synced {
        ("never", format!("not in step after {tries}; the last was answered with {}", answer(exchange)))
    } else if tries > due {
        ("late", format!("in step after {tries} tries"))
    } else {
        return None;
    };
    Some(Breach {
        exchange: index,
        class: class.to_owned(),
        expected: vec![format!("\\xff{{\"return\": {}}} within {due} tries", last.token)],
        actual,
        ..Breach::default()
    })
}

fn answer(exchange: &Exchange) -> String {
    let mut shown = String::new();
    for received in &exchange.received {
        match &received.frame {
            Frame::Sentinel => shown.push_str("\\xff"),
            Frame::Message(Message { bytes, .. }) | Frame::Garbage(bytes) => {
                shown.push_str(&escape::escape_short(bytes, 80));
            }
        }
    }
    if shown.is_empty() { "nothing".to_owned() } else { shown.chars().take(200).collect() }
}
