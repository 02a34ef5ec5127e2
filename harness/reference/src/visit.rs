//! Walks a value along its type, to change it in place. Made for values of our own making: it recurses as
//! deep as they nest, and passes over what does not conform.

use qmprobe_schema::{Member, Object, Schema, TypeId, TypeKind};
use qmprobe_wire::Value;

/// Levels of branch-in-branch that are followed; real schemas have two.
const BRANCH_DEPTH_MAX: usize = 16;

/// One part of a value, with its type.
pub(crate) struct Part<'a> {
    /// The kind of the type; never an alternate.
    pub kind: &'a TypeKind,
    /// For an object: every declared member, those of the chosen branches included.
    pub members: &'a [&'a Member],
    /// The value.
    pub value: &'a mut Value,
    /// Objects around it.
    pub depth: usize,
}

/// Shows every part to `change`, the outer before the inner, until it says true. What alternates chose is
/// passed over: in another type it would be another choice.
pub(crate) fn visit(
    schema: &Schema,
    ty: TypeId,
    value: &mut Value,
    depth: usize,
    change: &mut dyn FnMut(Part<'_>) -> bool,
) -> bool {
    let kind = &schema.ty(ty).kind;
    match kind {
        TypeKind::Alternate(_) => false,
        TypeKind::Builtin(_) | TypeKind::Enum(_) => change(Part { kind, members: &[], value, depth }),
        TypeKind::Array(element) => {
            if change(Part { kind, members: &[], value: &mut *value, depth }) {
                return true;
            }
            let Value::Array(elements) = value else { return false };
            elements.iter_mut().any(|one| visit(schema, *element, one, depth, change))
        }
        TypeKind::Object(object) => {
            let declared = members(schema, object, value);
            if change(Part { kind, members: &declared, value: &mut *value, depth }) {
                return true;
            }
            let Value::Object(present) = value else { return false };
            present.iter_mut().any(|(name, one)| {
                let member = declared.iter().find(|member| member.name == *name);
                member.is_some_and(|member| visit(schema, member.ty, one, depth + 1, change))
            })
        }
    }
}

/// The declared members of an object that has these values for its tags.
fn members<'s>(schema: &'s Schema, object: &'s Object, value: &Value) -> Vec<&'s Member> {
    let mut declared: Vec<&Member> = object.members.iter().collect();
    let mut next = object.variants.as_ref();
    for _ in 0..BRANCH_DEPTH_MAX {
        let Some(variants) = next else { break };
        let chosen = value.get(&variants.tag).and_then(Value::as_str).and_then(|tag| variants.branch(tag));
        let Some(branch) = chosen.and_then(|ty| schema.object(ty)) else { break };
        declared.extend(&branch.members);
        next = branch.variants.as_ref();
    }
    declared
}
