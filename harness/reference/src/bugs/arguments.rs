//! Bugs in holding arguments against the schema.

pub(super) mod coercion_accepted;
pub(super) mod enum_unchecked;
pub(super) mod missing_argument_not_found;
pub(super) mod missing_mandatory_accepted;
pub(super) mod nested_unknown_accepted;
pub(super) mod null_accepted;
pub(super) mod range_unchecked;
pub(super) mod unknown_argument_accepted;
pub(super) mod wrong_type_accepted;

use qmprobe_check::conform::{Mismatch, MismatchKind};

/// Whether a mismatch is of this kind. Not in the arguments of `qmp_capabilities`, which have rules of their
/// own, nor in those of `quit`, which would end the peer.
fn is(kind: MismatchKind, command: &str, mismatch: &Mismatch) -> bool {
    mismatch.kind == kind && !matches!(command, "qmp_capabilities" | "quit")
}

/// Whether a mismatch is within a member or an element.
fn is_nested(mismatch: &Mismatch) -> bool {
    mismatch.value_path.contains(['.', '['])
}
