//! The sentinel 0xFF stands before the reply of guest-sync-delimited and nowhere else.

use crate::context::{Context, is_gap};
use crate::rule::{QGA, Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Exchange, Frame, MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G102",
    slug: "sync-sentinel",
    title: "The sentinel precedes a delimited sync, and only that",
    requirement: "The byte 0xFF is sent once directly before the successful reply to guest-sync-delimited, and nowhere else.",
    source: "QEMU qga/qapi-schema.json (guest-sync-delimited), qga/main.c:send_response",
    terms: Terms {
        dialects: QGA,
        yields_to: &["agent-silent-start", "reply-order", "one-reply/surplus"],
        ..Terms::USUAL
    },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut breaches = Vec::new();
    let mut looked = false;
    for (index, exchange) in context.transcript.exchanges.iter().enumerate() {
        let replies = context.pairs.iter().filter(|pair| pair.exchange == index);
        let due: Vec<usize> = replies
            .filter_map(|pair| Some((pair, pair.reply?)))
            .map(|(pair, reply)| {
                let delimited = pair.expectation.command.as_deref() == Some("guest-sync-delimited");
                usize::from(delimited && reply.kind == MessageKind::Return)
            })
            .collect();
        // What is not the answer that was due may be the answer to something else.
        let extra = context.extras.iter().any(|(at, _)| *at == index);
        let deviates = context.deviations.iter().any(|one| context.pairs[one.pair].exchange == index);
        let in_order = !context.disordered.contains(&index) && exchange.replies().count() == due.len();
        if due.is_empty() || context.is_garbled(index) || extra || deviates || !in_order {
            continue;
        }
        looked = true;
        let came = sentinels(exchange);
        let (class, actual) = if let Some(gap) = gap(exchange) {
            ("apart", format!("0xFF, and then '{}'", escape::escape_short(gap, 40)))
        } else if came == due {
            continue;
        } else if due.iter().zip(&came).any(|(due, came)| came < due) {
            ("missing", "no 0xFF before it".to_owned())
        } else {
            ("surplus", "0xFF elsewhere, or twice".to_owned())
        };
        breaches.push(Breach {
            exchange: index,
            class: class.to_owned(),
            expected: vec!["0xFF before the reply of guest-sync-delimited, and nowhere else".to_owned()],
            actual,
            ..Breach::default()
        });
    }
    conclude(rule, breaches, looked, "no reply was seen", out);
}

/// What stands between a sentinel and the message.
fn gap(exchange: &Exchange) -> Option<&[u8]> {
    exchange.received.iter().find_map(|received| match &received.frame {
        Frame::Garbage(bytes) if is_gap(bytes) => Some(bytes.as_slice()),
        _ => None,
    })
}

/// For each reply the sentinels that stand before it; one more where sentinels follow the last.
fn sentinels(exchange: &Exchange) -> Vec<usize> {
    let mut marks = Vec::new();
    let mut pending = 0;
    for received in &exchange.received {
        match received.frame {
            Frame::Sentinel => pending += 1,
            Frame::Message(ref message) if message.is_reply() => marks.push(std::mem::take(&mut pending)),
            Frame::Message(_) | Frame::Garbage(_) => {}
        }
    }
    if pending > 0 {
        marks.push(pending);
    }
    marks
}
