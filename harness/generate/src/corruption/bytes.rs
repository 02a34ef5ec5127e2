//! Bytes that are lost, doubled, changed or added on the way.

pub(super) mod byte_order_mark;
pub(super) mod drop_byte;
pub(super) mod duplicate_byte;
pub(super) mod flip_bit;
pub(super) mod insert_control;
pub(super) mod insert_fe;
pub(super) mod insert_ff;
pub(super) mod insert_nul;
pub(super) mod line_ends;
pub(super) mod split_character;
pub(super) mod stray_high_byte;
pub(super) mod swap_bytes;
pub(super) mod truncate;
