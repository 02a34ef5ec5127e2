//! Smaller streams: all in one write, then without ever smaller pieces. What ends the stream stays, so that
//! each candidate can be judged.

use qmprobe_wire::{Case, Step};

/// The stream after its change number `at`, or `None` when there is no such change.
pub(super) fn changed(case: &Case, at: usize) -> Option<Case> {
    let (last, before) = case.steps.split_last()?;
    let mut body = Vec::new();
    for step in before {
        match step {
            Step::Push(bytes) | Step::Send(bytes) => body.extend_from_slice(bytes),
            _ => return None,
        }
    }
    let with = |body: Vec<u8>| {
        let push = (!body.is_empty()).then_some(Step::Push(body));
        Case { steps: push.into_iter().chain([last.clone()]).collect(), ..case.clone() }
    };
    let mut at = at;
    if before.len() > 1 {
        if at == 0 {
            return Some(with(body));
        }
        at -= 1;
    }
    let mut size = body.len();
    while size > 0 {
        let pieces = body.len().div_ceil(size);
        if at < pieces {
            let start = at * size;
            body.drain(start..(start + size).min(body.len()));
            return Some(with(body));
        }
        at -= pieces;
        size /= 2;
    }
    None
}
