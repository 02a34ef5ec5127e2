//! A connection whose client says no more ends.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Exchange, ExchangeEnd, Step};

/// The rule.
pub static RULE: Rule = Rule {
    id: "Q314",
    slug: "half-close-ends",
    title: "A half-closed connection ends",
    requirement: "When a client has shut down its side, the peer answers what was asked and closes the connection as well.",
    source: "QEMU chardev/char-socket.c:tcp_chr_read, qga/main.c:channel_event_cb",
    terms: Terms { yields_to: &["one-reply", "peer-survives", "output-bounded"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let steps = &context.transcript.case.steps;
    let is_half_close =
        |exchange: &Exchange| exchange.step.and_then(|at| steps.get(at)) == Some(&Step::HalfClose);
    let mut closings =
        (0..).zip(&context.transcript.exchanges).filter(|(_, one)| is_half_close(one)).peekable();
    let looked = closings.peek().is_some();
    let lasting = closings.filter_map(|(index, exchange)| match exchange.end {
        ExchangeEnd::TimedOut { waited_ms } => Some(Breach {
            exchange: index,
            class: "open".to_owned(),
            expected: vec!["the end of the connection".to_owned()],
            actual: format!("still open after {waited_ms} ms"),
            ..Breach::default()
        }),
        _ => None,
    });
    conclude(rule, lasting.collect(), looked, "no client half-closed its connection", out);
}
