//! A value that a lenient reader would convert to the declared type.

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::Site;
use qmprobe_schema::{Builtin, TypeKind};
use qmprobe_wire::Value;

pub(super) const VIOLATION: Violation =
    Violation { title: "only a conversion would make it fit", rule: "arguments-coercion", forms };

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let Some(ty) = site.ty.filter(|_| site.is_value()) else { return };
    let TypeKind::Builtin(builtin) = &smallest.schema().ty(ty).kind else { return };
    let text = |text: &str| Form::Exactly(Value::string(text));
    match builtin {
        Builtin::Any | Builtin::Null => {}
        Builtin::Str => out.extend([Form::Exactly(Value::int(1)), Form::Exactly(Value::Bool(true))]),
        Builtin::Bool => out.extend([Form::Exactly(Value::int(1)), text("on"), text("true")]),
        Builtin::Number => out.push(text("1")),
        _ => {
            out.extend([text("1"), Form::Token("1.0"), Form::Token("1e3")]);
            if matches!(builtin, Builtin::Size | Builtin::Integer | Builtin::Uint64) {
                out.push(text("1M"));
            }
        }
    }
}
