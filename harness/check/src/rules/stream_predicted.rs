//! Any bytes at all get the replies that QEMU's parser and dispatcher give them.

use crate::context::{Context, learn_offer};
use crate::rule::{Rule, Terms};
use crate::rules::sync_recovers::explains_silence;
use crate::stream::{Came, Peer, difference, is_stream, predict_stream};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::automaton::Model;
use qmprobe_wire::{Ending, ExchangeEnd, Frame, Transcript};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q312",
    slug: "stream-predicted",
    title: "A stream of any bytes is answered as predicted",
    requirement: "Whatever bytes are sent, in whatever split, the replies have the kinds, classes, ids and the \
                  order that QEMU's parser and dispatcher give them; of another parser, malformed text is answered \
                  with an error and the next command after a resynchronisation is answered.",
    source: "QMP specification, Protocol Specification; QEMU qobject/json-lexer.c, json-streamer.c, json-parser.c, \
             qapi/qmp-dispatch.c",
    terms: Terms {
        // One defect of a single reply shows in any stream.
        yields_to: &[
            "greeting-first",
            "negotiation-gate",
            "negotiation-malformed",
            "negotiation-arguments",
            "negotiation-atomic",
            "negotiation-succeeds",
            "negotiation-once",
            "negotiation-per-connection",
            "envelope-object",
            "envelope-execute",
            "envelope-arguments",
            "envelope-members",
            "envelope-order",
            "command-not-found",
            "oob-gate",
            "oob-allowed",
            "reply-id-echo",
            "json-error-no-id",
            "json-error-answered",
            "one-reply",
            "sync-recovers",
            "input-framing",
            "reply-order",
            "no-foreign-reply",
            "reply-shape",
            "error-shape",
            "error-class",
            "arguments-refused",
            "arguments-required",
            "arguments-unknown",
            "arguments-type",
            "arguments-coercion",
            "arguments-null",
            "arguments-range",
            "declared-command",
            "basic-commands",
            "output-framing",
            "sync-sentinel",
            "sync-reset",
            "peer-survives/hang",
            // What makes another text of a message.
            "output-strict-json/Syntax",
            "output-strict-json/ControlCharacter",
            "output-strict-json/Escape",
            "output-strict-json/SingleQuote",
            "output-strict-json/NumberForm",
            "output-strict-json/DuplicateKey",
            "output-ascii",
            "line-end",
        ],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let transcript = context.transcript;
    let skip = if !is_stream(&transcript.case) {
        "no stream was sent"
    } else if transcript.ending != Ending::Alive && !explains_silence(context) {
        "the peer did not survive it"
    } else if is_broken(context) {
        "the framing of the replies is broken"
    } else if context.transcript.exchanges.iter().any(|exchange| has_zero_exponent(&exchange.sent.to_vec())) {
        "whether a zero has an exponent is left to both readings: JSON allows it, and QEMU refuses it up to now"
    } else {
        let breaches = breach(context).into_iter().collect();
        return conclude(rule, breaches, true, "", out);
    };
    out.push(Verdict::skip(rule, skip));
}

/// Whether there is a `0e`, which JSON has for zero times a power of ten and QEMU for two tokens
/// (`qobject/json-lexer.c`, state `IN_ZERO`).
fn has_zero_exponent(bytes: &[u8]) -> bool {
    let begins = |two: &[u8]| two[0] == b'0' && matches!(two[1], b'e' | b'E');
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'.');
    let at = bytes.windows(2).enumerate().filter(|(_, two)| begins(two)).map(|(at, _)| at);
    at.into_iter().any(|at| !is_part(at.checked_sub(1).and_then(|before| bytes.get(before))))
}

fn is_broken(context: &Context<'_>) -> bool {
    let exchanges = &context.transcript.exchanges;
    (0..exchanges.len()).any(|index| context.is_garbled(index) || context.is_flooded(index))
        || exchanges.iter().any(|exchange| matches!(exchange.end, ExchangeEnd::Closed | ExchangeEnd::Unread))
}

fn breach(context: &Context<'_>) -> Option<Breach> {
    let transcript = context.transcript;
    let peer = Peer { schema: context.schema, version: transcript.version, model: transcript.model };
    let stream: Vec<u8> = transcript.exchanges.iter().flat_map(|one| one.sent.to_vec()).collect();
    let mut start = transcript.start;
    transcript.exchanges.iter().for_each(|exchange| learn_offer(exchange, &mut start));
    let predicted = predict_stream(&peer, start, &stream);
    let found = difference(&peer, transcript.dialect, &stream, &predicted, &replies(transcript))?;
    let after = match found.after {
        0 => "at the start".to_owned(),
        after => format!("after {after} replies as predicted"),
    };
    let parser = match transcript.model {
        Model::V3_1 => "QEMU 3.1 to 10",
        Model::V11 => "QEMU 11",
        Model::Tolerant | Model::Library => "any server",
    };
    let exchange = transcript.exchanges.len().saturating_sub(1);
    let expected = found.expected.into_iter().map(|one| format!("{one}, {after}, as of {parser}")).collect();
    let class = found.kind.to_owned();
    Some(Breach { exchange, class, expected, actual: found.actual, ..Breach::default() })
}

fn replies(transcript: &Transcript) -> Vec<Came<'_>> {
    let mut came = Vec::new();
    let mut sentinel = false;
    for received in transcript.exchanges.iter().flat_map(|exchange| &exchange.received) {
        match &received.frame {
            Frame::Sentinel => sentinel = true,
            Frame::Message(reply) if reply.is_reply() => {
                came.push(Came { reply, sentinel: std::mem::take(&mut sentinel) });
            }
            Frame::Message(_) | Frame::Garbage(_) => {}
        }
    }
    came
}
