//! Input beyond the parser's limits: nesting, the number of tokens, and bytes.

use super::Class;
use qmprobe_wire::Payload;
use qmprobe_wire::automaton::{TOKEN_BYTES_MAX, TOKENS_MAX};

pub(super) static PASSED: Class = Class {
    name: "limit-passed",
    title: "the command is nested too deeply, has too many tokens or too many bytes",
    expected: "an error where the limit is passed, and errors for its tail; then the sync is answered at once",
    tries: 1,
    make: |trials| {
        for depth in [1023, 1024, 1025, 2048, 5000] {
            for (open, close) in [(b"[".as_slice(), b"]".as_slice()), (b"{\"a\":", b"}")] {
                let opened = open.repeat(depth);
                trials.push("unclosed", (depth, depth), Vec::new(), opened.clone(), Vec::new());
                if depth <= 1025 {
                    let bytes = [opened, close.repeat(depth)].concat();
                    trials.push("closed", (depth, depth), Vec::new(), bytes, Vec::new());
                }
            }
        }
        let long: [(&str, &[u8], &[u8], usize); 2] =
            [("tokens", b"[0", b",0", TOKENS_MAX / 2), ("bytes", b"\"", b"a", TOKEN_BYTES_MAX)];
        for (what, first, same, times) in long {
            let mut before = Payload::from(first);
            before.repeat(same, times);
            trials.push(what, (before.len(), before.len()), Vec::new(), before, Vec::new());
        }
    },
};
