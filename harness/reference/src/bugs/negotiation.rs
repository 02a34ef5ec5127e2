//! Bugs of capabilities negotiation.

pub(super) mod enable_takes_anything;
pub(super) mod enable_unknown_accepted;
pub(super) mod failed_enable_negotiates;
pub(super) mod gate_drops_id;
pub(super) mod gate_open;
pub(super) mod gate_wrong_class;
pub(super) mod input_outlives_connection;
pub(super) mod malformed_gate_not_found;
pub(super) mod negotiate_twice_generic_error;
pub(super) mod negotiate_twice_succeeds;
pub(super) mod negotiation_survives_reconnect;
pub(super) mod offered_oob_refused;
