//! Bugs in giving the id back.

pub(super) mod id_always_present;
pub(super) mod id_big_integer_rounded;
pub(super) mod id_dropped_on_error;
pub(super) mod id_dropped_on_success;
pub(super) mod id_float_rounded;
pub(super) mod id_list_flattened;
pub(super) mod id_null_dropped;
pub(super) mod id_stringified;
pub(super) mod id_unicode_mangled;
pub(super) mod json_error_carries_id;
