//! A value whose JSON type selects none of an alternate's choices. `null` is another violation's.

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::Site;
use qmprobe_schema::{Builtin, Schema, TypeId, TypeKind};
use qmprobe_wire::{Number, Value};

pub(super) const VIOLATION: Violation =
    Violation { title: "no choice of the alternate has this JSON type", rule: "arguments-type", forms };

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let Some(ty) = site.ty.filter(|_| site.is_value()) else { return };
    let schema = smallest.schema();
    if !matches!(schema.ty(ty).kind, TypeKind::Alternate(_)) {
        return;
    }
    let samples = [
        Value::string("x"),
        Value::int(1),
        Value::Number(Number::Double(1.5)),
        Value::Bool(true),
        Value::Array(Vec::new()),
        Value::Object(Vec::new()),
    ];
    out.extend(samples.into_iter().filter(|sample| !selects(schema, ty, sample)).map(Form::Exactly));
}

/// Whether some choice of the alternate `ty` is selected by the JSON type of `value`.
pub(super) fn selects(schema: &Schema, ty: TypeId, value: &Value) -> bool {
    let TypeKind::Alternate(alternate) = &schema.ty(ty).kind else { return false };
    alternate.choices.iter().any(|choice| match (&schema.ty(*choice).kind, value) {
        (TypeKind::Builtin(Builtin::Any) | TypeKind::Alternate(_), _) => true,
        (TypeKind::Builtin(Builtin::Null), Value::Null)
        | (TypeKind::Builtin(Builtin::Bool), Value::Bool(_))
        | (TypeKind::Builtin(Builtin::Str) | TypeKind::Enum(_), Value::String(_))
        | (TypeKind::Builtin(Builtin::Number), Value::Number(_))
        | (TypeKind::Array(_), Value::Array(_))
        | (TypeKind::Object(_), Value::Object(_)) => true,
        (TypeKind::Builtin(builtin), Value::Number(Number::Int(_) | Number::Uint(_))) => {
            builtin.range().is_some()
        }
        _ => false,
    })
}
