//! A command refused for its arguments has no effect that queries show.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Exchange, MessageKind, Value};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q409",
    slug: "refused-changes-nothing",
    title: "A refused command changes nothing",
    requirement: "A command that is refused for its arguments has had no effect: the state that queries show is as before.",
    source: "QMP specification, Compatibility Considerations; QEMU qapi/qmp-dispatch.c (arguments are visited before the handler runs)",
    terms: Terms::USUAL,
    judge,
};

/// Looks only at cases made for it: they send the same queries twice before the refused command, so that
/// what changes by itself is told apart, and once after it.
fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    if context.transcript.case.aim.as_deref() != Some(rule.slug) {
        return out.push(Verdict::skip(rule, "nothing put it to the test"));
    }
    let refused = context.pairs.iter().find(|pair| pair.expectation.rule.starts_with("arguments-"));
    let Some(refused) = refused.filter(|pair| pair.reply.is_some_and(|r| r.kind == MessageKind::Error))
    else {
        return out.push(Verdict::skip(rule, "the command was not refused"));
    };
    let exchanges = &context.transcript.exchanges;
    let mut breaches = Vec::new();
    for after in &exchanges[refused.exchange + 1..] {
        let before: Vec<&Exchange> =
            exchanges[..refused.exchange].iter().filter(|one| one.sent == after.sent).collect();
        let [first, second] = before[..] else { continue };
        if answer(first) == answer(second)
            && answer(second).is_some()
            && answer(after).is_some_and(|after| Some(after) != answer(second))
        {
            breaches.push(Breach {
                exchange: refused.exchange,
                command: refused.expectation.command.clone(),
                class: "effect".to_owned(),
                expected: vec![format!("{} as before: {}", name(after), show(answer(second)))],
                actual: show(answer(after)),
                ..Breach::default()
            });
        }
    }
    conclude(rule, breaches, true, "", out);
}

fn answer(exchange: &Exchange) -> Option<&Value> {
    exchange.replies().next()?.get("return")
}

fn name(exchange: &Exchange) -> String {
    qmprobe_wire::escape::escape_short(&exchange.sent.to_vec(), 80)
}

fn show(value: Option<&Value>) -> String {
    value.map_or("no return".to_owned(), |value| qmprobe_wire::escape::escape_short(&value.encode(), 120))
}
