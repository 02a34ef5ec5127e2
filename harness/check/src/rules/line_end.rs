//! QMP messages end CR LF; agent messages are one line and end LF.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{Rule, Terms};
use crate::rules::output_strict_json::explained_by_other_text_or;
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::{Dialect, Exchange, Frame, LineEnd, Message};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q604",
    slug: "line-end",
    title: "Every message ends its line",
    requirement: "QMP messages end with CR LF; those of the guest agent are one line each, and end with LF.",
    source: "QMP specification, General Definitions; QEMU monitor/qmp.c:qmp_send_response (which knows pretty printing), qga/main.c:send_response (which does not)",
    terms: Terms { yields_to: &explained_by_other_text_or("output-framing"), ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let due = match context.transcript.dialect {
        Dialect::Qmp => LineEnd::CrLf,
        Dialect::Qga => LineEnd::Lf,
    };
    judge_each(context, rule, "no message was seen", out, |exchange, message| {
        let cut = message.line_end == LineEnd::Missing
            && is_before_sentinel(&context.transcript.exchanges[exchange..], message);
        let in_doubt = cut || context.is_garbled(exchange) || context.peer_is_lost();
        (!in_doubt).then(|| breach(due, message))
    });
}

fn breach(due: LineEnd, message: &Message) -> Option<Breach> {
    let (class, actual) = if message.line_end != due {
        (format!("{:?}", message.line_end), word(message.line_end))
    } else if due == LineEnd::Lf && message.bytes.contains(&b'\n') {
        ("Lines".to_owned(), "several lines")
    } else {
        return None;
    };
    Some(Breach {
        class,
        expected: vec![word(due).to_owned()],
        actual: actual.to_owned(),
        ..Breach::default()
    })
}

/// Whether a sentinel comes right behind the message: where its line should end, it is that which is misplaced.
fn is_before_sentinel(exchanges: &[Exchange], message: &Message) -> bool {
    let is_it = |frame: &Frame| matches!(frame, Frame::Message(one) if std::ptr::eq(one, message));
    let frames = exchanges.iter().flat_map(|exchange| &exchange.received).map(|received| &received.frame);
    matches!(frames.skip_while(|frame| !is_it(frame)).nth(1), Some(Frame::Sentinel))
}

fn word(line_end: LineEnd) -> &'static str {
    match line_end {
        LineEnd::CrLf => "\\r\\n",
        LineEnd::Lf => "\\n",
        LineEnd::Missing => "no newline",
    }
}
