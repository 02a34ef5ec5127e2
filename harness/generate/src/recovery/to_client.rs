//! Damage to what the agent answers, on its way to the client: the agent does nothing wrong, and the client gets
//! back in step all the same.

use super::{Class, Trials, exchanges, places};
use qmprobe_wire::{Damage, Fault, Toward, escape};

/// Bytes of the error for the reset byte and of the sync's answer that follow an exchange's reply, about.
const SYNC_BYTES: usize = 120;

/// What becomes of a damaged answer.
const LOST_ANSWER: &str =
    "a damaged answer is skipped and the next try's is recognised; damage before the sentinel costs nothing";

pub(super) static STALE: Class = Class {
    name: "reply-stale",
    title: "whole replies of before come first",
    expected: "they stand before the sentinel and are skipped",
    tries: 2,
    make: damage_each_place,
};

pub(super) static STALE_HALF: Class = Class {
    name: "reply-stale-half",
    title: "half a reply of before comes first",
    expected: "the sentinel ends it",
    tries: 2,
    make: damage_each_place,
};

pub(super) static STALE_SYNC: Class = Class {
    name: "sync-reply-stale",
    title: "the answer to an older sync comes first",
    expected: "its token is another: the client reads on",
    tries: 2,
    make: damage_each_place,
};

pub(super) static LATE: Class = Class {
    name: "reply-late",
    title: "replies come only when the client has given up on them",
    expected: "they stand before the next try's sentinel, or have an older token",
    tries: 2,
    make: damage_each_place,
};

pub(super) static CUT: Class = Class {
    name: "reply-cut",
    title: "the rest of what was answered is lost",
    expected: "the next try's answer is recognised",
    tries: 2,
    make: damage_each_place,
};

pub(super) static LOST: Class = Class {
    name: "reply-byte-lost",
    title: "a byte that was answered is lost, the sentinel perhaps",
    expected: LOST_ANSWER,
    tries: 2,
    make: damage_each_place,
};

pub(super) static DOUBLED: Class = Class {
    name: "reply-byte-doubled",
    title: "a byte that was answered comes twice, the sentinel perhaps",
    expected: LOST_ANSWER,
    tries: 2,
    make: damage_each_place,
};

pub(super) static FLIPPED: Class = Class {
    name: "reply-bit-flipped",
    title: "a bit that was answered is turned over",
    expected: LOST_ANSWER,
    tries: 2,
    make: damage_each_place,
};

pub(super) static INSERTED: Class = Class {
    name: "reply-byte-inserted",
    title: "a byte gets into what was answered",
    expected: LOST_ANSWER,
    tries: 2,
    make: damage_each_place,
};

/// What the class of this name does at a place, each in turn; empty where it does nothing to what is answered.
pub(super) fn damages(class: &str) -> Vec<Damage> {
    let insert = |all: &[&[u8]]| all.iter().map(|bytes| Damage::Insert(bytes.to_vec())).collect();
    match class {
        "reply-stale" => insert(&[
            b"{\"return\": {}}\n",
            b"{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"\"}}\n",
        ]),
        "reply-stale-half" => {
            insert(&[b"{\"ret".as_slice(), b"{\"return\": {\"a\": \"b", b"{\"return\": [1, "])
        }
        "sync-reply-stale" => {
            insert(&[b"\xff{\"return\": 1}\n".as_slice(), b"\xff", b"\xffgarbage\xff{\"return\": 1"])
        }
        "reply-late" => vec![Damage::Hold],
        "reply-cut" => vec![Damage::Cut],
        "reply-byte-lost" => vec![Damage::Lose],
        "reply-byte-doubled" => vec![Damage::Double],
        "reply-bit-flipped" => [0, 1, 5, 7].map(|bit| Damage::Flip(1 << bit)).to_vec(),
        "reply-byte-inserted" => insert(&[b"\0".as_slice(), b"\"", b"{", b"\n", b"\xfe"]),
        _ => Vec::new(),
    }
}

/// Adds a trial for each damage of the class at each place of what answers each exchange and the sync behind it.
fn damage_each_place(trials: &mut Trials) {
    for damage in damages(trials.class.name) {
        let what = match &damage {
            Damage::Flip(bits) => format!("bits {bits:#04x} in "),
            Damage::Insert(bytes) => format!("{} in ", escape::escape(bytes)),
            _ => String::new(),
        };
        for exchange in exchanges() {
            let of = exchange.reply + SYNC_BYTES;
            // A sample of a long reply, and all of what follows it.
            let sampled = places(exchange.reply).chain(exchange.reply..of);
            for at in sampled {
                let fault = Fault { attempt: 0, toward: Toward::Client, at, damage: damage.clone() };
                let name = format!("{what}{}", exchange.name);
                trials.push(&name, (at, of), Vec::new(), exchange.command.clone(), vec![fault]);
            }
        }
    }
}
