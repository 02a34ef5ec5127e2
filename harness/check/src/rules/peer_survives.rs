//! The peer survives every case, and goes on answering.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::rules::sync_recovers;
use crate::verdict::{Breach, Verdict};
use qmprobe_wire::{Dialect, Ending, Exchange, ExchangeEnd, Value};

/// The rule.
pub static RULE: Rule = Rule {
    id: "P101",
    slug: "peer-survives",
    title: "The peer survives",
    requirement: "No input ends the peer, makes it hang or makes it drop the connection, but for commands whose purpose that is.",
    source: "QMP specification (errors are replies); QEMU docs/devel/writing-monitor-commands",
    terms: Terms::USUAL,
    judge,
};

/// The rule about agents that end when a client leaves a reply unread.
const UNREAD: &str = "agent-outlives-client";

/// Rules whose cases leave half a command behind.
const LEAVE_HALF: &[&str] = &["sync-reset", "half-command-outlives-client"];

/// Commands that end the peer when they succeed.
const ENDING_COMMANDS: &[&str] = &["quit", "guest-shutdown"];
/// The command that ends a monitor where a reset was made a shutdown (set-action), which is announced then (QEMU
/// system/runstate.c:qemu_system_reset_request).
const RESET: &str = "system_reset";

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    if context.transcript.case.aim.as_deref() == Some(UNREAD) {
        return out.push(Verdict::skip(rule, "a rule of its own speaks of clients that leave"));
    }
    let last = context.transcript.exchanges.len().saturating_sub(1);
    let was_closed = context.transcript.exchanges.last().is_some_and(|last| last.end == ExchangeEnd::Closed);
    let (class, actual) = match &context.transcript.ending {
        Ending::Alive => return out.push(Verdict::pass(rule)),
        Ending::Exited { signalled: false, code: Some(0), .. } | Ending::Disconnected
            if was_asked_to_end(context) =>
        {
            return out.push(Verdict::pass(rule));
        }
        Ending::Hung if was_closed => {
            ("closed".to_owned(), "the connection was closed, and the next one is not answered".to_owned())
        }
        Ending::Hung
            if context.transcript.case.aim.as_deref().is_some_and(|aim| LEAVE_HALF.contains(&aim)) =>
        {
            return out
                .push(Verdict::skip(rule, "an agent that keeps half a command is not reset: sync-reset"));
        }
        Ending::Hung if sync_recovers::explains_silence(context) => {
            return out.push(Verdict::skip(rule, "it waits for the rest of what was to be thrown away"));
        }
        Ending::Disconnected if refused_to_open(context) => {
            return out.push(Verdict::skip(rule, "the connection was never a session"));
        }
        Ending::Exited { status, .. } if status.contains("SIGSYS") => {
            return out.push(Verdict::skip(rule, "the sandbox that we put the peer in ended it"));
        }
        Ending::Exited { status, stderr_tail, .. } => (class_of(status), describe(status, stderr_tail)),
        Ending::Disconnected => ("closed".to_owned(), "the connection was closed".to_owned()),
        Ending::Hung => ("hang".to_owned(), "the peer runs but no longer answers".to_owned()),
    };
    out.push(Verdict::fail(
        rule,
        Breach {
            exchange: last,
            command: context.transcript.case.command.clone(),
            class,
            expected: vec!["the peer goes on answering".to_owned()],
            actual,
            ..Breach::default()
        },
    ));
}

/// Whether a command was sent whose purpose it is to end the peer.
fn was_asked_to_end(context: &Context<'_>) -> bool {
    let mut events = context.transcript.exchanges.iter().flat_map(Exchange::events);
    let announces_end = events.any(|event| event.get("event").and_then(Value::as_str) == Some("SHUTDOWN"));
    let ends = |name: &str| ENDING_COMMANDS.contains(&name) || name == RESET && announces_end;
    context.pairs.iter().any(|pair| {
        let is_refused = pair.expectation.rule.starts_with("arguments");
        pair.expectation.command.as_deref().is_some_and(ends) && !is_refused
    })
}

/// A connection that was closed before its greeting is the greeting rule's affair. An agent has none.
fn refused_to_open(context: &Context<'_>) -> bool {
    let last = context.transcript.exchanges.last().filter(|_| context.transcript.dialect == Dialect::Qmp);
    last.is_some_and(|exchange| {
        exchange.opened && exchange.end == ExchangeEnd::Closed && exchange.received.is_empty()
    })
}

/// `SIGABRT` of `signal 6 (SIGABRT)`, else the status with hyphens.
fn class_of(status: &str) -> String {
    match status.split_once('(') {
        Some((_, name)) => name.trim_end_matches(')').to_owned(),
        None => status.replace(' ', "-"),
    }
}

fn describe(status: &str, stderr_tail: &str) -> String {
    let last = stderr_tail.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
    if last.is_empty() { status.to_owned() } else { format!("{status}: {last}") }
}
