//! Bugs in the sync commands of the guest agent.

pub(super) mod deep_text_survives_reset;
pub(super) mod half_command_outlives_client;
pub(super) mod sentinel_apart;
pub(super) mod sentinel_byte_ignored;
pub(super) mod sentinel_missing;
pub(super) mod sentinel_on_error;
pub(super) mod sentinel_on_next_reply;
pub(super) mod sentinel_on_plain_sync;
pub(super) mod sync_truncates_id;
pub(super) mod sync_wrong_id;
pub(super) mod unread_reply_ends_agent;

use crate::bug::Call;

/// Whether the command is one of the two syncs.
fn is_sync(call: &Call<'_>) -> bool {
    call.is_any(&["guest-sync", "guest-sync-delimited"])
}
