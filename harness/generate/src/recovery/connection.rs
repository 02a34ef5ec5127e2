//! The client leaves in the middle of a command, and another comes; a client that is slow to read.

use super::{Class, exchanges, places};
use qmprobe_wire::Step;

/// Between places: a connection costs more than a write.
const STRIDE: usize = 4;

/// Replies that nobody has read yet: with the long ones, more than a socket takes.
const UNREAD_REPLIES: usize = 150;

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

pub(super) static SLOW: Class = Class {
    name: "reader-slow",
    title: "more is answered than the channel holds before the client reads",
    expected: "the agent waits for its reader and loses nothing; then the sync is answered",
    tries: 1,
    make: |trials| {
        for exchange in exchanges() {
            let bytes = exchange.command.repeat(UNREAD_REPLIES);
            let place = (bytes.len(), bytes.len());
            trials.push(exchange.name, place, vec![Step::Push(bytes)], Vec::new(), Vec::new());
        }
    },
};
