//! The same again and again: what is refused or only looks must take up no more in the end than in the beginning.

use super::Cases;
use qmprobe_wire::{Repeat, Start, Step, request};

/// Times that a request is made in one go. What is lost with each adds up to pages.
const TIMES: u16 = 64;
/// How often that is done in a campaign, and the peer looked at.
const ROUNDS: usize = 6;
/// How often in a case of its own: an interpreter's heap has been seen to grow by as much twelve times in a row, and
/// then no more.
const ROUNDS_ALONE: usize = 20;
/// The slug of the rule.
const AIM: &str = "no-leak";

/// The steps that repeat what these bytes ask for. A line end stands after each request, for whoever reads lines.
pub fn repeated(bytes: &[u8], times: u16) -> Vec<Step> {
    rounds(bytes, times, ROUNDS)
}

fn rounds(bytes: &[u8], times: u16, count: usize) -> Vec<Step> {
    let mut bytes = bytes.to_vec();
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    vec![Step::Repeat(Repeat { bytes, times }); count]
}

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let plain = request::execute(harmless, None, None);
    let wrong = format!(r#"{{"execute":"{harmless}","arguments":{{"qmprobe-no-such-argument":[{{}}]}}}}"#);
    let all = [
        ("a command that only looks", plain.as_slice()),
        ("a command that is refused", wrong.as_bytes()),
        ("an unknown command", br#"{"execute":"qmprobe-no-such-command"}"#.as_slice()),
    ];
    for (name, bytes) in all {
        cases.push(AIM, name, Start::Command, rounds(bytes, TIMES, ROUNDS_ALONE));
    }
    // What a syntax error leaves of a text is lost where it is not freed.
    let malformed = rounds(br#"{"execute":"x","a":[1,{"b":"c"},]}"#, TIMES, ROUNDS_ALONE);
    cases.push(AIM, "malformed text", Start::Command, malformed);
}
