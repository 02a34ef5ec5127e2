//! The values of each builtin type at which implementations differ: ends of ranges, empty, long, foreign.

use crate::value::integer_value;
use qmprobe_schema::Builtin;
use qmprobe_wire::{Number, Value};

/// Bytes of the long string where it is worth its price, beyond the usual path and stack buffers: a peer that reads
/// byte by byte takes longer for it than for all else of its case.
const LONG_BYTES: usize = 4096;
/// Bytes of the long string elsewhere: beyond the usual name buffers.
const LONG_NAME_BYTES: usize = 300;

/// Valid values of `builtin` other than its smallest, with the longest of strings where `long` says so.
///
/// Negative integers are left out where the type is unsigned: QEMU takes them, the schema does not say so
/// (`qapi/qobject-input-visitor.c:qobject_input_type_uint64`).
pub(crate) fn values(builtin: Builtin, long: bool) -> Vec<Value> {
    if let Some((min, max)) = builtin.range() {
        let candidates = [1, max, min, -1];
        let unsigned = min == 0;
        return candidates
            .into_iter()
            .filter(|integer| *integer != 0 && !(unsigned && *integer < 0))
            .map(integer_value)
            .collect();
    }
    let double = |value| Value::Number(Number::Double(value));
    match builtin {
        Builtin::Str => {
            vec![
                Value::string(""),
                Value::string("é"),
                Value::string("😀"),
                Value::String("a".repeat(if long { LONG_BYTES } else { LONG_NAME_BYTES })),
            ]
        }
        Builtin::Bool => vec![Value::Bool(true)],
        Builtin::Number => vec![Value::int(1), double(-1.5), double(-0.0), double(1e308), double(5e-324)],
        Builtin::Any => vec![
            Value::Bool(true),
            Value::int(1),
            double(1.5),
            Value::string("x"),
            Value::Array(Vec::new()),
            Value::Object(Vec::new()),
        ],
        _ => Vec::new(),
    }
}
