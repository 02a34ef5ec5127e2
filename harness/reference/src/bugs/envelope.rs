//! Bugs in telling a request from what is none.

pub(super) mod arguments_array_accepted;
pub(super) mod empty_arguments_refused;
pub(super) mod execute_and_exec_oob_accepted;
pub(super) mod execute_number_accepted;
pub(super) mod missing_execute_not_found;
pub(super) mod non_object_accepted;
pub(super) mod non_object_not_found;
pub(super) mod unknown_before_envelope;
pub(super) mod unknown_member_accepted;
