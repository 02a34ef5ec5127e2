//! JSON that is no command: one file per defect.

pub(super) mod arguments_of_another_type;
pub(super) mod batch;
pub(super) mod both_verbs;
pub(super) mod command_in_capitals;
pub(super) mod empty_object;
pub(super) mod member_in_capitals;
pub(super) mod no_object;
pub(super) mod no_verb;
pub(super) mod oob_unasked;
pub(super) mod order_of_members;
pub(super) mod unknown_argument;
pub(super) mod unknown_command;
pub(super) mod unknown_command_with_defect;
pub(super) mod unknown_member;
pub(super) mod verb_of_another_type;
