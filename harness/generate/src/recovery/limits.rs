//! Input beyond the parser's limits: nesting, the number of tokens, and bytes.

use super::Class;
use qmprobe_wire::automaton::TOKEN_BYTES_MAX;

/// Tokens that one text may have (QEMU `qobject/json-streamer.c`, MAX_TOKEN_COUNT).
const TOKENS_MAX: usize = 2 << 20;

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
        let mut many = b"[0".to_vec();
        many.extend(b",0".repeat(TOKENS_MAX / 2));
        trials.push("tokens", (many.len(), many.len()), Vec::new(), many, Vec::new());
        let mut long = vec![b'a'; TOKEN_BYTES_MAX + 1];
        long[0] = b'"';
        trials.push("bytes", (long.len(), long.len()), Vec::new(), long, Vec::new());
    },
};
