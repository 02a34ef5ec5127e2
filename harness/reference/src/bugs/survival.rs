//! Bugs that end a connection or a peer.

pub(super) mod closes_on_error;
pub(super) mod crash_on_command;
pub(super) mod half_closed_stays_open;
pub(super) mod hangs_on_command;
pub(super) mod keeps_what_it_answered;
