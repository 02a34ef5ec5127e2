//! An error of the JSON layer has no id.

use crate::context::Context;
use crate::pairing::Pair;
use crate::rule::{Rule, Terms};
use crate::rules::json_leniency;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::MessageKind;

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q303",
    slug: "json-error-no-id",
    title: "Errors of the JSON layer carry no id",
    requirement: "A reply to input that could not be parsed carries no id.",
    source: "QMP specification, Error (NOTE); QEMU monitor/qmp.c:handle_qmp_command",
    terms: Terms { yields_to: &["reply-id-echo/invented", "json-error-answered/return"], ..Terms::USUAL },
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
        let Some(id) = reply.get("id") else { continue };
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
