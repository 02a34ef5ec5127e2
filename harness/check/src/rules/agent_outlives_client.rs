//! The agent outlives a client that closes with a reply unread.

use crate::context::Context;
use crate::rule::{QGA, Rule, Terms};
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::Ending;

/// The rule.
pub static RULE: Rule = Rule {
    id: "G108",
    slug: "agent-outlives-client",
    title: "The agent outlives a client that leaves",
    requirement: "A client that closes its connection with a reply unread ends neither the agent nor its service to the next client.",
    source: "QEMU qga/channel-posix.c:ga_channel_client_event, qga/main.c:channel_event_cb",
    terms: Terms { dialects: QGA, yields_to: &["peer-survives"], ..Terms::USUAL },
    judge,
};

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    if context.transcript.case.aim.as_deref() != Some(rule.slug) {
        return out.push(Verdict::skip(rule, "no client left with a reply unread"));
    }
    let (class, actual) = match &context.transcript.ending {
        Ending::Alive => return out.push(Verdict::pass(rule)),
        Ending::Exited { status, .. } => ("exit", format!("the agent ended: {status}")),
        Ending::Disconnected => ("unserved", "nobody accepts the next client".to_owned()),
        Ending::Hung => ("unserved", "the agent runs and serves nobody".to_owned()),
    };
    let breach = Breach {
        exchange: context.transcript.exchanges.len().saturating_sub(1),
        class: class.to_owned(),
        expected: vec!["the next client is served".to_owned()],
        actual,
        ..Breach::default()
    };
    out.push(Verdict::fail(rule, breach));
}
