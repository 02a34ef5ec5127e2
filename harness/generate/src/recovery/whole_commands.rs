//! Commands that arrive whole but not as one line each: in parts, together, twice, without an end.

use super::{Class, exchanges, places};
use qmprobe_wire::Step;

/// Milliseconds between the parts: the agent reads the first by itself.
const BETWEEN_MS: u64 = 1;

pub(super) static SPLIT: Class = Class {
    name: "command-split",
    title: "the command comes in two parts",
    expected: "it is answered as if it had come in one; then the sync is answered at once",
    tries: 1,
    make: |trials| {
        for exchange in exchanges() {
            let of = exchange.command.len();
            for at in places(of).skip(1) {
                let (first, second) = exchange.command.split_at(at);
                let steps = vec![Step::Push(first.to_vec()), Step::Settle(BETWEEN_MS)];
                trials.push(exchange.name, (at, of), steps, second.to_vec(), Vec::new());
            }
        }
    },
};

pub(super) static MERGED: Class = Class {
    name: "commands-merged",
    title: "commands come without a line end between them, or with another",
    expected: "each is answered, in order; then the sync is answered at once",
    tries: 1,
    make: |trials| {
        let ends: [&[u8]; 4] = [b"", b"\r\n", b" ", b"\n\n\t"];
        for first in exchanges() {
            for second in exchanges() {
                for end in ends {
                    let bytes =
                        [first.command.trim_ascii_end(), end, second.command.trim_ascii_end()].concat();
                    let (at, of) = (first.command.len() - 1, bytes.len());
                    let what = format!("{} and {}", first.name, second.name);
                    trials.push(&what, (at, of), Vec::new(), bytes, Vec::new());
                }
            }
        }
    },
};

pub(super) static REPEATED: Class = Class {
    name: "command-repeated",
    title: "the whole command comes twice",
    expected: "it is carried out and answered twice; both replies stand before the sentinel",
    tries: 1,
    make: |trials| {
        for exchange in exchanges() {
            for times in [2, 3, 16] {
                let bytes = exchange.command.repeat(times);
                let (at, of) = (exchange.command.len(), bytes.len());
                trials.push(exchange.name, (at, of), Vec::new(), bytes, Vec::new());
            }
        }
    },
};

pub(super) static UNTERMINATED: Class = Class {
    name: "command-unterminated",
    title: "no line end follows the command",
    expected: "it is answered: texts end where their brackets balance; then the sync is answered at once",
    tries: 1,
    make: |trials| {
        for exchange in exchanges() {
            let bytes = exchange.command.trim_ascii_end().to_vec();
            let place = (bytes.len(), exchange.command.len());
            trials.push(exchange.name, place, Vec::new(), bytes, Vec::new());
        }
    },
};
