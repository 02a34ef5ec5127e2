//! What is done again and again and leaves nothing behind takes up no more from one time to the next.

use crate::context::Context;
use crate::rule::{Rule, Terms};
use crate::verdict::{Breach, Verdict, conclude};
use qmprobe_wire::{Exchange, ExchangeEnd, MessageKind, Weight};

/// The rule.
pub static RULE: Rule = Rule {
    id: "P102",
    slug: "no-leak",
    title: "Nothing leaks",
    requirement: "A command that makes nothing, or whose effect is undone, takes up no more memory, file descriptors or threads however often it is repeated.",
    source: "QEMU docs/devel/style (memory management): what a command allocates it frees",
    terms: Terms::USUAL,
    judge,
};

/// The first so many differences are of what is made once: caches, arenas, the first use of anything.
const WARM_UP: usize = 1;
/// Differences that must all speak of growth.
const GROWTHS_MIN: usize = 4;
/// Weighings that make so many differences. What is done that often shows other things as well: a reply in a thousand
/// that is lost.
const ROUNDS_MIN: usize = 1 + WARM_UP + GROWTHS_MIN;
/// Bytes of memory for each reply that are no chance, once they are lost every time.
const BYTES_PER_REPLY: u64 = 128;
/// Replies for each descriptor or thread.
const REPLIES_PER_HANDLE: u64 = 8;

/// One kind of thing that a peer can take up, how to read it, and what of it is too much after so many replies.
struct Resource {
    name: &'static str,
    unit: &'static str,
    of: fn(&Weight) -> u64,
    floor: fn(u64) -> u64,
}

const RESOURCES: [Resource; 3] = [
    Resource {
        name: "memory",
        unit: "KiB",
        of: |weight| weight.memory_kib,
        floor: |replies| (replies * BYTES_PER_REPLY / 1024).max(4),
    },
    Resource { name: "files", unit: "file descriptors", of: |weight| weight.files, floor: handles },
    Resource { name: "threads", unit: "threads", of: |weight| weight.threads, floor: handles },
];

fn handles(replies: u64) -> u64 {
    (replies / REPLIES_PER_HANDLE).max(1)
}

/// What the peer took up, each time after so many replies.
type Weighing = (Weight, u64);

fn judge(context: &Context<'_>, rule: &'static Rule, out: &mut Vec<Verdict>) {
    let exchanges = &context.transcript.exchanges;
    let weighings = weighings(exchanges);
    if weighings.len() < ROUNDS_MIN {
        return out.push(Verdict::skip(rule, "nothing was repeated by a peer whose resources can be seen"));
    }
    if !are_alike(exchanges) {
        return out.push(Verdict::skip(rule, "what was repeated was not answered alike each time"));
    }
    let breaches = RESOURCES.iter().filter_map(|resource| {
        let growths = growths(resource, &weighings)?;
        let replies: u64 = weighings.iter().skip(1 + WARM_UP).map(|(_, replies)| replies).sum();
        let words: Vec<String> = growths.iter().map(u64::to_string).collect();
        Some(Breach {
            exchange: exchanges.len().saturating_sub(1),
            command: context.transcript.case.command.clone(),
            class: resource.name.to_owned(),
            expected: vec![format!("no more {} from one time to the next", resource.unit)],
            actual: format!("{} {} more, after {replies} replies in all", words.join(" + "), resource.unit),
            ..Breach::default()
        })
    });
    conclude(rule, breaches.collect(), true, "", out);
}

/// Whether more repetition may tell more: not where nothing grew each time, once it was often enough.
pub fn may_leak(exchanges: &[Exchange]) -> bool {
    let weighings = weighings(exchanges);
    weighings.len() < ROUNDS_MIN || RESOURCES.iter().any(|resource| growths(resource, &weighings).is_some())
}

fn weighings(exchanges: &[Exchange]) -> Vec<Weighing> {
    let whole = exchanges.iter().filter(|exchange| exchange.end == ExchangeEnd::Complete);
    whole.filter_map(|exchange| Some((exchange.weight?, exchange.replies().count() as u64))).collect()
}

/// How much more there was each time, where it was too much every time.
fn growths(resource: &Resource, weighings: &[Weighing]) -> Option<Vec<u64>> {
    let pairs = weighings.windows(2).skip(WARM_UP);
    pairs
        .map(|pair| {
            let (before, (after, replies)) = (&pair[0].0, &pair[1]);
            let grown = (resource.of)(after).checked_sub((resource.of)(before))?;
            (grown >= (resource.floor)(*replies)).then_some(grown)
        })
        .collect()
}

/// Whether each round of the repetition came to the same replies, so that it left the peer as it was.
fn are_alike(exchanges: &[Exchange]) -> bool {
    let kinds = |exchange: &Exchange| -> Vec<(MessageKind, Option<String>)> {
        let replies = exchange.replies();
        replies.map(|reply| (reply.kind, reply.error_class().map(str::to_owned))).collect()
    };
    let mut weighed = exchanges.iter().filter(|exchange| exchange.weight.is_some()).map(kinds);
    let Some(first) = weighed.next() else { return true };
    weighed.all(|kinds| kinds == first)
}
