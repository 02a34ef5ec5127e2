//! Bugs in return values. The truth that the protocol itself makes (versions, lists of commands) is left alone.

pub(super) mod return_enum_unknown;
pub(super) mod return_int_out_of_range;
pub(super) mod return_integer_as_string;
pub(super) mod return_member_missing;
pub(super) mod return_member_missing_deep;
pub(super) mod return_member_undeclared;
pub(super) mod return_member_undeclared_deep;
pub(super) mod return_not_empty;
pub(super) mod return_null_for_array;
pub(super) mod return_null_when_empty;
pub(super) mod return_type_wrong;
pub(super) mod return_type_wrong_deep;

use crate::bug::Call;
use crate::visit::{Part, visit};
use qmprobe_schema::TypeKind;
use qmprobe_wire::Value;

/// Shows the parts of an invented return value to `change` until it says true.
fn spoil(value: &mut Value, call: &Call<'_>, change: &mut dyn FnMut(Part<'_>) -> bool) {
    if let Some(ty) = call.command.returns.filter(|_| call.returns_invention()) {
        visit(call.schema, ty, value, 0, change);
    }
}

/// Takes the first mandatory member out of an object; false when the part is none or has none.
fn remove_mandatory(part: Part<'_>) -> bool {
    let (TypeKind::Object(_), Value::Object(present)) = (part.kind, part.value) else { return false };
    let mandatory =
        |name: &String| part.members.iter().any(|member| member.name == *name && !member.optional);
    let Some(at) = present.iter().position(|(name, _)| mandatory(name)) else { return false };
    present.remove(at);
    true
}

/// Adds an undeclared member to an object; false when the part is none.
fn add_undeclared(part: Part<'_>) -> bool {
    let (TypeKind::Object(_), Value::Object(present)) = (part.kind, part.value) else { return false };
    present.push(("x-undeclared".to_owned(), Value::int(1)));
    true
}
