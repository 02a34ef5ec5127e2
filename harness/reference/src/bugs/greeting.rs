//! Bugs of the greeting, and of what else a fresh connection is sent.

pub(super) mod agent_greets;
pub(super) mod greeting_extra_member;
pub(super) mod greeting_string_version;
pub(super) mod greeting_twice;
pub(super) mod greeting_version_differs;
pub(super) mod greeting_with_id;
pub(super) mod greeting_without_package;
pub(super) mod no_greeting;
pub(super) mod reply_to_next_client;

use crate::bug::{Members, find_mut, members_mut};
use qmprobe_wire::Value;

/// The members of `QMP` in the greeting, if there is one.
fn body(greetings: &mut [Value]) -> Option<&mut Members> {
    members_mut(find_mut(members_mut(greetings.first_mut()?)?, "QMP")?)
}

/// The members of `version` in the greeting.
fn version(greetings: &mut [Value]) -> Option<&mut Members> {
    members_mut(find_mut(body(greetings)?, "version")?)
}

/// The numbers in `version`.
fn numbers(greetings: &mut [Value]) -> Option<&mut Members> {
    members_mut(find_mut(version(greetings)?, "qemu")?)
}
