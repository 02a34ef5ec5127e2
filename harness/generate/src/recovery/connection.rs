//! The client leaves in the middle of a command, and another comes.

use super::{Class, exchanges, places};
use qmprobe_wire::Step;

/// Between places: a connection costs more than a write.
const STRIDE: usize = 4;

pub(super) static LEFT: Class = Class {
    name: "client-left",
    title: "the client leaves in the middle of a command",
    expected: "the half may outlive the client (it does with QEMU's agent); the next one's sync is answered at once",
    tries: 1,
    make: |trials| {
        for exchange in exchanges() {
            let of = exchange.command.len();
            // Up to the closing brace: with it the command would be whole, and its reply unread.
            for at in places(of - 2).skip(1).step_by(STRIDE) {
                let steps = vec![Step::Push(exchange.command[..at].to_vec()), Step::Abandon(0)];
                trials.push(exchange.name, (at, of), steps, Vec::new(), Vec::new());
            }
        }
    },
};
