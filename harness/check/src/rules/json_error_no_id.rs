//! An error of the JSON layer has no id.

use crate::context::Context;
use crate::pairing::Pair;
use crate::rule::{Rule, Terms};
use crate::rules::json_leniency;
use crate::verdict::{Breach, Verdict, conclude};
use memchr::memmem;
use qmprobe_wire::{MessageKind, Value};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q303",
    slug: "json-error-no-id",
    title: "Errors of the JSON layer carry no id",
    requirement: "A reply to input that could not be parsed carries no id.",
    source: "QMP specification, Error (NOTE); QEMU monitor/qmp.c:handle_qmp_command",
    terms: Terms {
        yields_to: &["reply-id-echo/invented", "json-error-answered/return", "sync-reset"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    let taken_by_many = |pair: &&Pair<'_>| pair.expectation.rule == json_leniency::RULE.slug;
    let malformed = context.pairs.iter().filter(|pair| pair.expectation.json_error);
    for pair in malformed.filter(|pair| !taken_by_many(pair)) {
        // A return is an answer to what was no command: json-error-answered.
        let Some(reply) = pair.reply.filter(|reply| reply.kind == MessageKind::Error) else { continue };
        looked = true;
        let Some(id) = reply.get("id").filter(|id| !is_of_the_rest(context, pair, id)) else { continue };
        breaches.push(Breach {
            exchange: pair.exchange,
            class: "invented".to_owned(),
            value_path: "id".to_owned(),
            expected: vec!["no id".to_owned()],
            actual: format!("id {id}"),
            ..Breach::default()
        });
    }
    conclude(rule, breaches, looked, "no malformed JSON was sent", out);
}

/// Whether another parser than QEMU's may have found a request with this id in the rest of text that it has several errors
/// in.
fn is_of_the_rest(context: &Context<'_>, pair: &Pair<'_>, id: &Value) -> bool {
    let errors =
        context.pairs.iter().filter(|one| one.exchange == pair.exchange && one.expectation.json_error);
    let written = id.to_string();
    let stands_there = || {
        context.exchange(pair).sent.parts().any(|(text, _)| memmem::find(text, written.as_bytes()).is_some())
    };
    !context.transcript.model.is_qemus() && errors.count() > 1 && stands_there()
}
