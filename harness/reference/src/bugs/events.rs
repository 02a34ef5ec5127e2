//! Bugs in events. Where events are needed to see the bug, they come often.

pub(super) mod event_before_negotiation;
pub(super) mod event_data_missing;
pub(super) mod event_data_present_when_none;
pub(super) mod event_data_undeclared_member;
pub(super) mod event_data_wrong;
pub(super) mod event_extra_member;
pub(super) mod event_microseconds_over;
pub(super) mod event_seconds_string;
pub(super) mod event_too_often;
pub(super) mod event_undeclared;
pub(super) mod event_with_id;
pub(super) mod event_without_timestamp;

use crate::bug::{Event, Members, members_mut};

/// The members of an event's data, if it has any.
fn data(event: &mut Event) -> Option<&mut Members> {
    members_mut(event.get_mut("data")?)
}

/// The members of an event's timestamp.
fn timestamp(event: &mut Event) -> Option<&mut Members> {
    members_mut(event.get_mut("timestamp")?)
}
