//! Bugs in finding a command, in letting it run, and in what is said of commands.

pub(super) mod basic_command_fails;
pub(super) mod command_list_invents_one;
pub(super) mod command_list_lacks_one;
pub(super) mod command_name_case_insensitive;
pub(super) mod dash_underscore_equal;
pub(super) mod declared_command_missing;
pub(super) mod descriptor_not_required;
pub(super) mod guest_info_lacks_one;
pub(super) mod guest_info_wrong_response;
pub(super) mod introspection_lacks_one;
pub(super) mod oob_any_command;
pub(super) mod oob_without_negotiation;
pub(super) mod refused_command_has_effect;
pub(super) mod silent_command_answers;
pub(super) mod unknown_command_generic_error;
