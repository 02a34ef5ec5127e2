//! Damage to one command on its way to the agent, at every offset; then to the request of the sync itself.

use super::{Class, Trials, mix};
use qmprobe_wire::{Damage, Fault, Toward};

/// What the agent makes of a damaged command, and the client of that.
const EXPECTED: &str =
    "errors for what is no JSON, or the reply to another valid command; then the sync is answered at once";

/// Bytes of a block of garbage.
const GARBAGE_BYTES: usize = 24;
/// Blocks of garbage at each place.
const GARBAGE_BLOCKS: u64 = 2;

pub(super) static CUT: Class = Class {
    name: "command-cut",
    title: "the command ends early",
    expected: "one error for the part, none for an empty one, two for a scalar; then the sync is answered at once",
    tries: 1,
    make: |trials| trials.at_each_place("", |command, at| command[..at].to_vec()),
};

pub(super) static LOST: Class = Class {
    name: "command-byte-lost",
    title: "a byte of the command is lost",
    expected: EXPECTED,
    tries: 1,
    make: |trials| trials.at_each_place("", |command, at| [&command[..at], &command[at + 1..]].concat()),
};

pub(super) static DOUBLED: Class = Class {
    name: "command-byte-doubled",
    title: "a byte of the command comes twice",
    expected: EXPECTED,
    tries: 1,
    make: |trials| trials.at_each_place("", |command, at| [&command[..=at], &command[at..]].concat()),
};

pub(super) static FLIPPED: Class = Class {
    name: "command-bit-flipped",
    title: "a bit of the command is turned over",
    expected: EXPECTED,
    tries: 1,
    make: |trials| {
        for bit in 0..8 {
            trials.at_each_place(&format!("bit {bit}"), |command, at| {
                let mut bytes = command.to_vec();
                bytes[at] ^= 1 << bit;
                bytes
            });
        }
    },
};

pub(super) static SENTINEL: Class = Class {
    name: "sentinel-inserted",
    title: "the byte FF or FE gets into the command",
    expected: "at least one error, the rest of the command is gone; then the sync is answered at once",
    tries: 1,
    make: insert,
};

pub(super) static CONTROL: Class = Class {
    name: "control-inserted",
    title: "a control character gets into the command",
    expected: "at least one error, the rest of the command is gone; then the sync is answered at once",
    tries: 1,
    make: insert,
};

pub(super) static QUOTE: Class = Class {
    name: "quote-inserted",
    title: "a quote gets into the command",
    expected: "a string that ends at the end of the line, with an error; then the sync is answered at once",
    tries: 1,
    make: insert,
};

pub(super) static BRACKET: Class = Class {
    name: "bracket-inserted",
    title: "a bracket gets into the command",
    expected: "silence until the reset byte where brackets stay open, errors where too many close; then the sync is answered at once",
    tries: 1,
    make: insert,
};

pub(super) static GARBAGE: Class = Class {
    name: "garbage-inserted",
    title: "a block of arbitrary bytes gets into the command",
    expected: "at least one error for each byte of it that resets the parser; then the sync is answered at once",
    tries: 1,
    make: |trials| {
        for block in 0..GARBAGE_BLOCKS {
            let seed = mix(trials.seed, block);
            trials.at_each_place(&format!("block {block}"), |command, at| {
                [&command[..at], &garbage(seed, at), &command[at..]].concat()
            });
        }
    },
};

pub(super) static REQUEST: Class = Class {
    name: "sync-request-damaged",
    title: "the request of the sync is damaged, while the agent holds half a command",
    expected: "the first sync may be swallowed; the second is answered",
    tries: 2,
    make: |trials| {
        // `FF{"execute":"guest-sync-delimited","arguments":{"id":1152921504606846976}}` and a newline.
        const REQUEST_BYTES: usize = 77;
        let half = b"{\"execute\":\"guest-ping\",\"id\":";
        for damage in of_request() {
            for at in 0..REQUEST_BYTES {
                for before in [half.as_slice(), b""] {
                    let fault = Fault {
                        attempt: 0,
                        toward: Toward::Peer,
                        at: before.len() + at,
                        damage: damage.clone(),
                    };
                    let what = if before.is_empty() { "alone" } else { "behind half a command" };
                    trials.push(what, (at, REQUEST_BYTES), Vec::new(), before.to_vec(), vec![fault]);
                }
            }
        }
    },
};

/// What the class of this name puts into what is sent, each in turn.
fn inserts(class: &str) -> &'static [&'static [u8]] {
    match class {
        "sentinel-inserted" => &[b"\xff", b"\xfe", b"\xff\xff\xff"],
        "control-inserted" => &[b"\0", b"\x01", b"\x7f", b"\n"],
        "quote-inserted" => &[b"\"", b"'", b"\\"],
        "bracket-inserted" => &[b"{", b"[", b"}", b"]"],
        _ => &[],
    }
}

fn insert(trials: &mut Trials) {
    for inserted in inserts(trials.class.name) {
        trials.at_each_place(&qmprobe_wire::escape::escape(inserted), |command, at| {
            [&command[..at], inserted, &command[at..]].concat()
        });
    }
}

/// What happens to the request of a sync.
fn of_request() -> Vec<Damage> {
    [Damage::Lose, Damage::Double, Damage::Flip(1), Damage::Flip(0x80), Damage::Cut, Damage::Hold].to_vec()
}

/// What the class of this name does at a place of what is sent, each in turn; empty where it does nothing to it.
pub(super) fn damages(class: &str) -> Vec<Damage> {
    match class {
        "command-cut" => vec![Damage::Cut],
        "command-byte-lost" => vec![Damage::Lose],
        "command-byte-doubled" => vec![Damage::Double],
        "command-bit-flipped" => (0..8).map(|bit| Damage::Flip(1 << bit)).collect(),
        "garbage-inserted" => {
            (0..GARBAGE_BLOCKS).map(|block| Damage::Insert(garbage(mix(0, block), 0))).collect()
        }
        "command-split" => vec![Damage::Hold],
        "limit-passed" => vec![Damage::Insert(vec![b'['; 1025])],
        "sync-request-damaged" => of_request(),
        _ => inserts(class).iter().map(|bytes| Damage::Insert(bytes.to_vec())).collect(),
    }
}

/// A block of arbitrary bytes, another for each place.
pub(super) fn garbage(seed: u64, at: usize) -> Vec<u8> {
    (0..GARBAGE_BYTES).map(|nth| mix(seed ^ at as u64, nth as u64) as u8).collect()
}
