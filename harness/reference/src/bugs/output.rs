//! Bugs in the text of messages.

pub(super) mod control_character_output;
pub(super) mod crlf_agent;
pub(super) mod duplicate_key_output;
pub(super) mod endless_reply;
pub(super) mod event_splits_reply;
pub(super) mod garbage_line_between;
pub(super) mod inf_output;
pub(super) mod lf_only;
pub(super) mod no_newline;
pub(super) mod raw_utf8_output;
pub(super) mod several_lines_agent;
pub(super) mod single_quote_output;
pub(super) mod trailing_comma_output;

use crate::bug::{Line, Reply};

/// The reply that a line is, if it is a successful one to a query.
fn query<'r>(what: Line<'r>) -> Option<&'r Reply> {
    match what {
        Line::Reply(reply) if reply.is_successful_query() => Some(reply),
        _ => None,
    }
}

/// Replaces the first occurrence of `old` by `new`.
fn replace(line: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    if let Some(at) = line.windows(old.len()).position(|window| window == old) {
        line.splice(at..at + old.len(), new.iter().copied());
    }
}
