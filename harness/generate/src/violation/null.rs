//! `null` where the type has none: it neither fits nor stands for absence.

use super::Violation;
use super::alternate_type::selects;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::Site;
use qmprobe_schema::{Builtin, TypeKind};
use qmprobe_wire::Value;

pub(super) const VIOLATION: Violation =
    Violation { title: "null where the type has none", rule: "arguments-null", forms };

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let Some(ty) = site.ty.filter(|_| site.is_value()) else { return };
    let schema = smallest.schema();
    let fits = match &schema.ty(ty).kind {
        TypeKind::Builtin(builtin) => matches!(builtin, Builtin::Any | Builtin::Null),
        TypeKind::Alternate(_) => selects(schema, ty, &Value::Null),
        _ => false,
    };
    if !fits {
        out.push(Form::Exactly(Value::Null));
    }
}
