//! A value of a JSON type that the declared type does not have, and that hardly any lenient reader would convert.

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::Site;
use qmprobe_schema::{Builtin, TypeKind};
use qmprobe_wire::Value;

pub(super) const VIOLATION: Violation =
    Violation { title: "another JSON type than declared", rule: "arguments-type", forms };

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let Some(ty) = site.ty.filter(|_| site.is_value()) else { return };
    let array = Value::Array(Vec::new());
    let object = Value::Object(Vec::new());
    let word = Value::string("x");
    let wrong = match &smallest.schema().ty(ty).kind {
        TypeKind::Builtin(Builtin::Any) | TypeKind::Alternate(_) => return,
        TypeKind::Builtin(Builtin::Str) => vec![array, list_of(word), object],
        TypeKind::Builtin(Builtin::Bool) => vec![word, array, list_of(Value::Bool(true)), object],
        TypeKind::Builtin(Builtin::Null) => vec![Value::Bool(false), Value::int(0), word, array, object],
        TypeKind::Builtin(_) => vec![word, Value::Bool(true), array, list_of(Value::int(1)), object],
        TypeKind::Enum(_) => vec![Value::int(0), Value::Bool(true), array, object],
        TypeKind::Array(_) => vec![word, Value::int(0), Value::Bool(true), object],
        TypeKind::Object(_) => vec![word, Value::int(0), Value::Bool(true), array],
    };
    out.extend(wrong.into_iter().map(Form::Exactly));
}

/// The only element of a list is taken for the list by readers that know one-or-many.
fn list_of(value: Value) -> Value {
    Value::Array(vec![value])
}
