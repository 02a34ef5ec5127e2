//! The id of a command comes back in its reply, by value.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{DeviationKind, Message, Value};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q301",
    slug: "reply-id-echo",
    title: "The id comes back",
    requirement: "A reply carries the 'id' of its command as the same JSON value, null included, and none when the command had none.",
    source: "QMP specification, Issuing Commands; QEMU qapi/qmp-dispatch.c:qmp_dispatch",
    terms: Terms {
        yields_to: &[
            "no-foreign-reply",
            "reply-order",
            "agent-silent-start",
            "sync-reset",
            "input-framing",
            "one-reply/surplus",
            "output-strict-json/DuplicateKey",
            "output-strict-json/Escape",
        ],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (index, pair) in context.pairs.iter().enumerate() {
        let deviation = context.deviations.iter().find(|deviation| deviation.pair == index);
        if deviation.is_some_and(|deviation| deviation.door == rule.slug) {
            breaches.push(Breach {
                exchange: pair.exchange,
                class: "refused".to_owned(),
                value_path: "id".to_owned(),
                expected: vec![format!("return, with {}", describe(pair.expectation.id.as_ref()))],
                actual: "an error, which the same command without an id is not answered with".to_owned(),
                ..Breach::default()
            });
        }
        let otherwise_wrong = deviation.is_some();
        if pair.expectation.json_error || otherwise_wrong {
            continue;
        }
        let Some(reply) = pair.reply.filter(|reply| is_legible(reply)) else { continue };
        looked = true;
        let (sent, came) = (pair.expectation.id.as_ref(), reply.get("id"));
        // Of text that a parser may refuse, with or without any id: json-error-no-id.
        let is_spared = pair.expectation.id_is_optional && reply.has("error");
        if is_echo(sent, came) || is_spared || is_misnamed(sent, reply) {
            continue;
        }
        breaches.push(Breach {
            exchange: pair.exchange,
            class: class(sent, came).to_owned(),
            value_path: "id".to_owned(),
            expected: vec![describe(sent)],
            actual: describe(came),
            ..Breach::default()
        });
    }
    conclude(rule, breaches, looked, "no reply was seen", out);
}

/// Whether the reply is an object whose text says without doubt what its members are. Raw UTF-8 and `inf` can
/// be read.
fn is_legible(reply: &Message) -> bool {
    let harmless = |kind| matches!(kind, DeviationKind::NonAscii | DeviationKind::NotANumber);
    (reply.has("return") || reply.has("error"))
        && reply.deviations().iter().all(|deviation| harmless(deviation.kind))
}

/// Whether the id that came is the one that was sent. A number that the sender wrote as an integer, and that
/// fits one, comes back as an integer: as a double it has lost its kind, and beyond 2^53 perhaps its value.
fn is_echo(sent: Option<&Value>, came: Option<&Value>) -> bool {
    sent == came && sent.zip(came).is_none_or(|(sent, came)| integers_are_kept(sent, came))
}

/// Looks at two values that are equal; they are no deeper than what was sent.
fn integers_are_kept(sent: &Value, came: &Value) -> bool {
    match (sent, came) {
        (Value::Number(sent), Value::Number(came)) => {
            sent.as_integer().is_none() || came.as_integer().is_some()
        }
        (Value::Array(sent), Value::Array(came)) => {
            sent.iter().zip(came).all(|(sent, came)| integers_are_kept(sent, came))
        }
        (Value::Object(sent), Value::Object(_)) => {
            sent.iter().all(|(name, sent)| came.get(name).is_some_and(|came| integers_are_kept(sent, came)))
        }
        _ => true,
    }
}

/// Whether the id came back, as a member that no reply has: that is another rule's affair.
fn is_misnamed(sent: Option<&Value>, reply: &Message) -> bool {
    let is_odd = |name: &str| !matches!(name, "return" | "error" | "id");
    sent.is_some() && reply.names().any(|name| is_odd(name) && reply.get(name) == sent)
}

fn class(sent: Option<&Value>, came: Option<&Value>) -> &'static str {
    match (sent, came) {
        (_, None) => "dropped",
        (None, Some(_)) => "invented",
        (Some(Value::String(sent)), Some(Value::String(came))) if is_bytewise(sent, came) => "bytewise",
        (Some(Value::Array(sent)), Some(Value::Array(came))) if sent.starts_with(came) => "shortened",
        (Some(sent), Some(came)) if sent.json_type() == came.json_type() => "changed",
        _ => "retyped",
    }
}

/// Whether a text came back with each byte of its UTF-8 taken for a character.
fn is_bytewise(sent: &str, came: &str) -> bool {
    sent.bytes().map(char::from).eq(came.chars())
}

fn describe(id: Option<&Value>) -> String {
    match id {
        Some(id) => format!("id {}", qmprobe_wire::escape::escape_short(&id.encode(), 200)),
        None => "no id".to_owned(),
    }
}
