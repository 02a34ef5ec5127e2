//! A string that is no value of the enumeration: made up, empty, in another case, with a blank behind.

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::{Role, Site};
use qmprobe_schema::TypeKind;
use qmprobe_wire::Value;

pub(super) const VIOLATION: Violation =
    Violation { title: "no value of the enumeration", rule: "arguments-enum", forms };

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let Some(ty) = site.ty else { return };
    let TypeKind::Enum(values) = &smallest.schema().ty(ty).kind else { return };
    if !site.is_value() && site.role != Role::Choice {
        return;
    }
    let first = values.values.first().map_or("", |value| value.name.as_str());
    let upper = first.to_ascii_uppercase();
    let other_case = if upper == first { first.to_ascii_lowercase() } else { upper };
    let candidates = ["no-such-value".to_owned(), String::new(), other_case, format!("{first} ")];
    let unknown = candidates.into_iter().filter(|text| !values.has(text));
    out.extend(unknown.map(|text| Form::Exactly(Value::String(text))));
}
