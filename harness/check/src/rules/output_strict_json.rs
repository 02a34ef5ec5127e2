//! Every message is strict JSON.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::{DeviationKind, Message, Payload, Value};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q602",
    slug: "output-strict-json",
    title: "Output is strict JSON",
    requirement: "Every message is a JSON text as RFC 8259 has it: no inf or nan, no repeated keys, no trailing commas.",
    source: "QMP specification (the server sends valid JSON); RFC 8259",
    terms: Terms::USUAL,
    judge,
};

/// What explains, besides this rule or breach, whatever comes of a message that is another text than was meant.
pub(super) const fn explained_by_other_text_or(key: &'static str) -> [&'static str; 6] {
    [
        key,
        "output-strict-json/Syntax",
        "output-strict-json/ControlCharacter",
        "output-strict-json/Escape",
        "output-strict-json/SingleQuote",
        "output-strict-json/TrailingBytes",
    ]
}

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let sent_surrogates =
        || context.transcript.exchanges.iter().any(|exchange| sends_lone_surrogate(&exchange.sent));
    let concern = |kind| concerns(kind) && !(kind == DeviationKind::LoneSurrogate && sent_surrogates());
    judge_each(context, rule, "no message was seen", out, |exchange, message| {
        let given_back = !message.deviations().is_empty() && gives_back(context, exchange);
        let deviation = message.deviations().iter().find(|one| concern(one.kind)).filter(|_| !given_back);
        Some(deviation.map(|deviation| Breach {
            class: class(message, deviation.kind),
            expected: vec!["messages in strict JSON".to_owned()],
            actual: message.around(deviation.offset),
            ..Breach::default()
        }))
    });
}

/// Whether what a peer writes may be what it was sent and should not have taken, as a JSON library of its own does.
fn gives_back(context: &Context<'_>, exchange: usize) -> bool {
    if context.transcript.model != Model::Library {
        return false;
    }
    let mut outcomes = Vec::new();
    let sent = &context.transcript.exchanges[exchange].sent;
    Automaton::outlining(Model::V3_1).feed_payload(sent, &mut outcomes);
    outcomes.iter().any(|outcome| matches!(outcome, Outcome::Error { .. }))
}

/// The kind of deviation; a number beyond double range in an echoed id is told apart, as every QEMU prints it so.
fn class(message: &Message, kind: DeviationKind) -> String {
    let echoed = kind == DeviationKind::NotANumber && message.get("id").is_some_and(has_infinity);
    if echoed { "infinite-id".to_owned() } else { format!("{kind:?}") }
}

fn has_infinity(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.as_f64().is_infinite(),
        Value::Array(elements) => elements.iter().any(has_infinity),
        Value::Object(members) => members.iter().any(|(_, value)| has_infinity(value)),
        _ => false,
    }
}

/// Whether half a surrogate was sent, escaped or as bytes: a peer that takes one gives it back. What
/// lies across the ends of a stretch is not looked for.
fn sends_lone_surrogate(sent: &Payload) -> bool {
    sent.parts().any(|(bytes, _)| has_lone_surrogate(bytes))
}

fn has_lone_surrogate(sent: &[u8]) -> bool {
    let unit = |at: usize| {
        let digits = sent.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut at = 0;
    while at < sent.len() {
        if matches!(sent.get(at..at + 2), Some([0xED, 0xA0..=0xBF])) {
            return true;
        }
        at += match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => return true,
            _ => 1,
        };
    }
    false
}

fn concerns(kind: DeviationKind) -> bool {
    use DeviationKind::{Nesting, NonAscii, NotUtf8, Values};
    // The affair of output-ascii, and of output-bounded.
    !matches!(kind, NonAscii | NotUtf8 | Nesting | Values)
}
