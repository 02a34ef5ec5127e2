//! Half a command that a client leaves behind is read with what the next client sends.

use crate::context::Context;
use crate::rule::{QGA, Rule, Severity, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Exchange, MessageKind, escape};

/// The rule.
pub static RULE: Rule = Rule {
    id: "G109",
    slug: "half-command-outlives-client",
    title: "Half a command ends with its client",
    requirement: "What a client began and left is not completed by what the next client sends; where it is, every client must begin with 0xFF.",
    source: "QEMU qga/main.c:channel_event_cb (the parser is made once); qga/qapi-schema.json (guest-sync-delimited)",
    terms: Terms { severity: Severity::Info, dialects: QGA, ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    if context.transcript.case.aim.as_deref() != Some(rule.slug) || context.peer_is_lost() {
        return out.push(Verdict::skip(rule, "no client left half a command"));
    }
    // The second half by itself is no command, and nothing else was asked before the sync.
    let second_half = |exchange: &&Exchange| exchange.connection > 0 && exchange.attempt.is_none();
    let exchanges = context.transcript.exchanges.iter().enumerate();
    let returned = exchanges.filter(|(_, exchange)| second_half(exchange)).find_map(|(index, exchange)| {
        let reply = exchange.replies().find(|reply| reply.kind == MessageKind::Return)?;
        Some((index, reply))
    });
    let breach = returned.map(|(index, reply)| Breach {
        exchange: index,
        class: "kept".to_owned(),
        expected: vec!["an error, or nothing".to_owned()],
        actual: escape::escape_short(&reply.bytes, 200),
        ..Breach::default()
    });
    conclude(rule, breach.into_iter().collect(), true, "", out);
}
