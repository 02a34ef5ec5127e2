//! Bugs in the number, the order and the shape of replies.

pub(super) mod error_class_made_up;
pub(super) mod error_desc_number;
pub(super) mod error_extra_member;
pub(super) mod error_is_a_string;
pub(super) mod error_returned;
pub(super) mod error_without_desc;
pub(super) mod errors_not_found;
pub(super) mod half_a_read_forgotten;
pub(super) mod json_error_not_found;
pub(super) mod json_error_silent;
pub(super) mod replies_reordered;
pub(super) mod reply_extra_member;
pub(super) mod return_and_error;
pub(super) mod silent_on_unknown_command;
pub(super) mod third_json_error_swallowed;
pub(super) mod two_replies;
