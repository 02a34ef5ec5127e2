//! QMP messages end CR LF, agent messages LF.

use crate::context::Context;
use crate::each_message::judge_each;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::{Dialect, LineEnd};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q604",
    slug: "line-end",
    title: "Every message ends its line",
    requirement: "QMP messages end with CR LF; those of the guest agent with LF.",
    source: "QMP specification, General Definitions; QEMU monitor/qmp.c:qmp_send_response, qga/main.c:send_response",
    terms: Terms::USUAL,
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let due = match context.transcript.dialect {
        Dialect::Qmp => LineEnd::CrLf,
        Dialect::Qga => LineEnd::Lf,
    };
    judge_each(context, rule, "no message was seen", out, |exchange, message| {
        let in_doubt = context.is_garbled(exchange) || context.peer_is_lost();
        (!in_doubt).then(|| {
            (message.line_end != due).then(|| Breach {
                class: format!("{:?}", message.line_end),
                expected: vec![word(due).to_owned()],
                actual: word(message.line_end).to_owned(),
                ..Breach::default()
            })
        })
    });
}

fn word(line_end: LineEnd) -> &'static str {
    match line_end {
        LineEnd::CrLf => "\\r\\n",
        LineEnd::Lf => "\\n",
        LineEnd::Missing => "no newline",
    }
}
