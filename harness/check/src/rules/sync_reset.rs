//! The byte 0xFF resets the agent's parser, whatever stood before it.

use crate::context::Context;
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::rule::{QGA, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::recovery::SENTINEL;
use qmprobe_wire::{Ending, ExchangeEnd, Message};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G106",
    slug: "sync-reset",
    title: "0xFF resets the agent's parser",
    requirement: "After the byte 0xFF the next command is read afresh: half a command before it is discarded.",
    source: "QEMU qga/qapi-schema.json (guest-sync-delimited); qobject/json-lexer.c",
    terms: Terms { dialects: QGA, yields_to: &["input-framing", "peer-survives/hang"], ..Terms::USUAL },
    judge,
};

/// The rule whose cases leave half a command to the next client, who resets.
const ABANDONED: &str = "half-command-outlives-client";

/// Looks only at cases made for it, and at those: half a command, 0xFF, and then a sync that must be answered.
fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let closed = context.transcript.exchanges.iter().any(|exchange| exchange.end == ExchangeEnd::Closed);
    let lost = closed || !matches!(context.transcript.ending, Ending::Alive | Ending::Hung);
    let garbled = (0..context.transcript.exchanges.len()).any(|exchange| context.is_garbled(exchange));
    let put_to_the_test = match context.transcript.case.aim.as_deref() {
        Some(aim) if aim == rule.slug => true,
        // There, what an agent does not answer that answers still is perhaps any sync.
        Some(ABANDONED) => context.transcript.ending == Ending::Hung,
        _ => false,
    };
    if !put_to_the_test || lost || garbled {
        return out.push(Verdict::skip(rule, "nothing put it to the test"));
    }
    let is_sync = |pair: &&Pair<'_>| {
        pair.expectation.command.as_deref().is_some_and(|name| name.starts_with("guest-sync"))
    };
    let resets = |pair: &Pair<'_>| {
        context.transcript.exchanges[..=pair.exchange].iter().any(|exchange| exchange.sent.contains(SENTINEL))
    };
    let must = || context.pairs.iter().filter(|pair| pair.expectation.accepted == Accepted::RETURN);
    // What goes unanswered before there was anything to reset shows nothing.
    let unanswered = |pair: &Pair<'_>| !pair.reply.is_some_and(|reply| is_of(pair, reply));
    let finds_nothing = |pair: &Pair<'_>| {
        let (before, from) = context.transcript.exchanges.split_at(pair.exchange);
        let first = from[0].sent.parts().next().and_then(|(bytes, _)| bytes.first());
        before.iter().all(|exchange| exchange.sent.is_empty()) && first == Some(&SENTINEL)
    };
    if must().take_while(|pair| !resets(pair) || finds_nothing(pair)).any(unanswered) {
        return out.push(Verdict::skip(rule, "a sync went unanswered where nothing was to be reset"));
    }
    let must = must();
    // What else is asked shows nothing of the reset, where a sync is.
    let syncs = must.clone().any(|pair| is_sync(&pair));
    let due = must.filter(|pair| !syncs || is_sync(pair));
    let breach = due.clone().find(|pair| unanswered(pair)).map(|pair| Breach {
        exchange: pair.exchange,
        class: "no-reset".to_owned(),
        expected: vec!["the command after 0xFF is answered with return".to_owned()],
        actual: pair.reply.map_or("no reply".to_owned(), |_| "another reply".to_owned()),
        ..Breach::default()
    });
    conclude(rule, breach.into_iter().collect(), due.count() > 0, "no command followed", out);
}

/// Whether a reply shows that the command was read, be it refused.
fn is_of(pair: &Pair<'_>, reply: &Message) -> bool {
    let refused = reply.error_class() == Some("CommandNotFound");
    let own = pair.expectation.id.is_some() && reply.get("id") == pair.expectation.id.as_ref();
    reply.get("return").is_some() || refused || own
}
