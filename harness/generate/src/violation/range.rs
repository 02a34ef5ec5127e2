//! An integer outside the range of its type.
//!
//! Where the width is unknown only what no 64-bit type holds is surely wrong; and a negative one for
//! `uint64` or `size` is taken by QEMU (`qapi/qobject-input-visitor.c:qobject_input_type_uint64`).

use super::Violation;
use crate::build::Form;
use crate::minimal::Smallest;
use crate::site::{Role, Site};
use crate::value::integer_value;
use qmprobe_schema::{Builtin, TypeKind};

pub(super) const VIOLATION: Violation =
    Violation { title: "out of the type's range", rule: "arguments-range", forms };

/// 2^64
const ABOVE_ALL: &str = "18446744073709551616";
/// -2^63 - 1
const BELOW_ALL: &str = "-9223372036854775809";

fn forms<'s>(smallest: &Smallest<'s>, site: &Site<'s>, out: &mut Vec<Form<'s>>) {
    let Some(ty) = site.ty else { return };
    let TypeKind::Builtin(builtin) = &smallest.schema().ty(ty).kind else { return };
    let Some((min, max)) = builtin.range() else { return };
    if site.is_value() || site.role == Role::Choice {
        let wraps = matches!(builtin, Builtin::Uint64 | Builtin::Size);
        let beyond = [max + 1, min - 1];
        let expressible = |integer: &i128| (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(integer);
        let beyond = beyond.into_iter().filter(expressible).filter(|integer| !(wraps && *integer < 0));
        out.extend(beyond.map(|integer| Form::Exactly(integer_value(integer))));
    }
    let wide = matches!(builtin, Builtin::Integer | Builtin::Int64 | Builtin::Uint64 | Builtin::Size);
    if wide && site.is_value() {
        // Under an alternate these would be doubles, which select another choice or none.
        out.extend([Form::Token(ABOVE_ALL), Form::Token(BELOW_ALL)]);
    }
}
