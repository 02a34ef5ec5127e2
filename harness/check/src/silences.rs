//! What went unanswered: of requests that wait behind each other the first.

use crate::context::Context;
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::verdict::Breach;
use qmprobe_wire::ExchangeEnd;

/// What went unanswered, of the requests that are looked for.
pub fn silences(context: &Context<'_>, is_looked_for: impl Fn(&Pair<'_>) -> bool) -> Vec<Breach> {
    let pairs = context.pairs.iter().enumerate();
    pairs
        .filter(|(at, pair)| is_looked_for(pair) && !waits_behind(&context.pairs, *at))
        .filter_map(|(_, pair)| unanswered(context, pair))
        .collect()
}

/// Whether a request waits behind one in band that must be answered and is not, as all between the two and all behind
/// them do: replies come in order, so that the first one explains the others.
fn waits_behind(pairs: &[Pair<'_>], at: usize) -> bool {
    let alike = |pair: &&Pair<'_>| pair.exchange == pairs[at].exchange && !pair.expectation.out_of_band;
    let is_last = pairs[at..].iter().filter(alike).all(|pair| pair.reply.is_none());
    let before = pairs[..at].iter().rev().filter(alike).take_while(|pair| pair.reply.is_none());
    let owed =
        |pair: &Pair<'_>| !pair.expectation.accepted.has(Accepted::NOTHING) && !pair.expectation.json_error;
    !pairs[at].expectation.out_of_band && is_last && before.into_iter().any(owed)
}

fn unanswered(context: &Context<'_>, pair: &Pair<'_>) -> Option<Breach> {
    let answered = pair.reply.is_some() || pair.expectation.accepted.has(Accepted::NOTHING);
    // A client that does not get back in step is another rule's affair.
    let lost = context.exchange(pair).attempt.is_some_and(|attempt| !attempt.synced);
    let another_rule = pair.expectation.json_error || pair.expectation.is_silent || lost;
    if answered || another_rule || !context.can_expect_reply(pair.exchange) {
        return None;
    }
    let actual = match context.exchange(pair).end {
        ExchangeEnd::TimedOut { waited_ms } => format!("no reply within {waited_ms} ms"),
        _ => "no reply".to_owned(),
    };
    Some(Breach {
        exchange: pair.exchange,
        command: pair.expectation.command.clone().filter(|name| context.schema.command(name).is_some()),
        class: "missing".to_owned(),
        expected: pair.expectation.accepted.describe(),
        actual,
        ..Breach::default()
    })
}
