//! The shared judge of all rules about the kind and class of an answer: finds the first deviation from the
//! prediction and lays it at one rule's door.

use crate::context::{Context, is_misshapen};
use crate::pairing::Pair;
use crate::predict::Accepted;
use crate::rule::Rule;
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Dialect, Message, MessageKind, escape};

/// The error classes of `qapi/error.json`; closed since QEMU 1.2.
pub const ERROR_CLASSES: &[&str] =
    &["GenericError", "CommandNotFound", "DeviceNotActive", "DeviceNotFound", "KVMMissingCap"];

/// Rules that a peer breaks by one defect for all commands; their findings name no command.
const OF_THE_PEER: &[&str] = &["negotiation", "envelope", "command-not-found", "oob", "json-error"];

/// An answer of an unacceptable kind.
#[derive(Debug)]
pub struct Deviation {
    /// Index into [`Context::pairs`].
    pub pair: usize,
    /// Slug of the rule at whose door it is laid.
    pub door: String,
    /// The word for what came: `return`, `GenericError`, …
    pub class: String,
}

/// Judges a rule that is one prediction: its deviations fail, its pairs that held pass.
pub fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let mut looked = false;
    let mut breaches = Vec::new();
    for (index, pair) in context.pairs.iter().enumerate() {
        let deviation = context.deviations.iter().find(|deviation| deviation.pair == index);
        match deviation {
            Some(deviation) if deviation.door == rule.slug => breaches.push(breach(pair, deviation)),
            Some(_) => {}
            None => looked |= pair.expectation.rule == rule.slug && pair.reply.is_some(),
        }
    }
    conclude(rule, breaches, looked, "nothing put it to the test", out);
}

fn breach(pair: &Pair<'_>, deviation: &Deviation) -> Breach {
    let of_the_peer = OF_THE_PEER.iter().any(|family| deviation.door.starts_with(family));
    let command = if of_the_peer { None } else { pair.expectation.command.clone() };
    let mut expected = pair.expectation.accepted.describe();
    if let Some(first) = expected.first_mut() {
        *first = format!("{first} ({})", pair.expectation.because);
    }
    let actual = match pair.reply {
        Some(reply) => escape::escape_short(&reply.bytes, 200),
        None => "nothing".to_owned(),
    };
    Breach {
        exchange: pair.exchange,
        command,
        class: deviation.class.clone(),
        value_path: String::new(),
        schema_path: pair.expectation.schema_path.clone(),
        expected,
        actual,
    }
}

/// Finds the deviations of a transcript. After one that leaves the state of the session in doubt, later
/// predictions of the case are not held against the peer.
pub fn deviations(pairs: &[Pair<'_>], aim: Option<&str>) -> Vec<Deviation> {
    let mut found = Vec::new();
    for (index, pair) in pairs.iter().enumerate() {
        let Some(reply) = pair.reply else { continue };
        let Some(class) = deviating_class(pair.expectation.accepted, reply) else { continue };
        let malformed = pair.expectation.json_error || pair.expectation.rule.starts_with("envelope");
        let door = door(pairs, index, &class, aim);
        found.push(Deviation { pair: index, door, class });
        if !malformed {
            break;
        }
    }
    found
}

/// The rule at whose door a deviation is laid: mostly that of the expectation.
fn door(pairs: &[Pair<'_>], index: usize, class: &str, aim: Option<&str>) -> String {
    let rule = pairs[index].expectation.rule;
    match aim {
        // A command that cannot fail was refused in a case made to show another rule by it (a key spelt with
        // escapes, say).
        Some(aim) if rule == "basic-commands" && index == 0 && aim.starts_with("envelope") => aim.to_owned(),
        // It succeeds without an id, and fails with one.
        Some(aim @ "reply-id-echo")
            if rule == "basic-commands" && class == "GenericError" && succeeded_bare(pairs, index) =>
        {
            aim.to_owned()
        }
        // What is not in step answers something else; that rule sees it by the token.
        Some(aim @ "half-command-outlives-client") if pairs[index].expectation.json_error => aim.to_owned(),
        Some(aim @ "sync-recovers") if rule == "basic-commands" => aim.to_owned(),
        // The first thing that a connection says finds it negotiated already.
        _ if rule == "negotiation-succeeds" && index == 0 && class == "CommandNotFound" => {
            "negotiation-per-connection".to_owned()
        }
        // What a connection left begun is read with what the next one says.
        Some(aim @ "negotiation-per-connection")
            if rule == "negotiation-succeeds"
                && class == "GenericError"
                && has_negotiated(&pairs[..index]) =>
        {
            aim.to_owned()
        }
        // The name was looked up, by a request that nothing makes run.
        Some(aim @ "declared-command") if rule.starts_with("arguments-") && class == "CommandNotFound" => {
            aim.to_owned()
        }
        // It is refused, as something else than what it is. Of the other classes a monitor's command that ran, and
        // did not find its device, gives an error.
        _ if rule.starts_with("arguments-")
            && class != "return"
            && (matches!(class, "CommandNotFound" | "KVMMissingCap") || has_no_devices(&pairs[index])) =>
        {
            "arguments-refused".to_owned()
        }
        // It looked for a command where none is named, before it looked at what stands there.
        _ if rule == "envelope-members"
            && class == "CommandNotFound"
            && pairs[index].expectation.command.is_none() =>
        {
            "envelope-order".to_owned()
        }
        // What guest-info does not offer is not there, unless nothing is answered as what is not there.
        Some(aim @ "guest-info-agrees") if rule == "command-not-found" && !is_made_up(&pairs[index]) => {
            aim.to_owned()
        }
        _ => rule.to_owned(),
    }
}

/// Whether who answered is an agent.
fn has_no_devices(pair: &Pair<'_>) -> bool {
    pair.expectation.next.dialect == Dialect::Qga
}

/// Whether the command is one that the generator made up, and no peer has.
fn is_made_up(pair: &Pair<'_>) -> bool {
    pair.expectation.command.as_deref().is_some_and(|name| name.starts_with("qmprobe-"))
}

/// Whether the same command succeeded before, without an id and never with one.
fn succeeded_bare(pairs: &[Pair<'_>], index: usize) -> bool {
    let command = &pairs[index].expectation.command;
    let succeeds = |pair: &&Pair<'_>| {
        let returns = pair.reply.is_some_and(|reply| reply.kind == MessageKind::Return);
        returns && pair.expectation.command == *command
    };
    let mut before = pairs[..index].iter().filter(succeeds).map(|pair| pair.expectation.id.is_none());
    pairs[index].expectation.id.is_some() && before.next().is_some_and(|bare| bare) && before.all(|bare| bare)
}

fn has_negotiated(pairs: &[Pair<'_>]) -> bool {
    let succeeds = |pair: &Pair<'_>| pair.reply.is_some_and(|reply| reply.kind == MessageKind::Return);
    pairs.iter().any(|pair| pair.expectation.rule == "negotiation-succeeds" && succeeds(pair))
}

/// The word for what came, if it is not acceptable. A reply that is broken in shape or has an unknown class
/// is other rules' affair, as long as some error was acceptable.
pub(crate) fn deviating_class(accepted: Accepted, reply: &Message) -> Option<String> {
    if is_misshapen(reply) {
        return None;
    }
    if reply.kind == MessageKind::Return {
        return (!accepted.has(Accepted::RETURN)).then(|| "return".to_owned());
    }
    let class = reply.error_class().unwrap_or_default();
    let kind = match class {
        "GenericError" => Accepted::GENERIC,
        "CommandNotFound" => Accepted::NOT_FOUND,
        known if ERROR_CLASSES.contains(&known) => Accepted::DEVICE,
        _ => {
            let any_error = [Accepted::GENERIC, Accepted::NOT_FOUND, Accepted::DEVICE];
            let acceptable = any_error.iter().any(|kind| accepted.has(*kind));
            return (!acceptable).then(|| "error".to_owned());
        }
    };
    (!accepted.has(kind)).then(|| class.to_owned())
}
