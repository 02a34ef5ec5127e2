//! Holds a value against a type: the one walker that judges. It shares nothing with the walker that makes
//! values. Paths are built only when something does not conform.

use qmprobe_schema::{Alternate, Builtin, EnumType, Object, Schema, TypeId, TypeKind};
use qmprobe_wire::{Number, Value};

/// Which way the value travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the peer: QEMU's input visitor takes negative integers for `uint64` and `size`
    /// (`qapi/qobject-input-visitor.c:qobject_input_type_uint64`).
    In,
    /// From the peer.
    Out,
}

/// In which way a value does not conform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MismatchKind {
    /// A mandatory member is absent.
    Missing,
    /// A member that the type does not declare.
    Undeclared,
    /// Another JSON type than the declared one.
    Type,
    /// `null` where the type has no null.
    Null,
    /// A value that only a lenient reader would take for the declared type: `"1"`, `1.0`, `"on"`.
    Coercion,
    /// An integer outside the range of its type.
    Range,
    /// A string that is no value of the enumeration.
    EnumValue,
}

impl MismatchKind {
    /// The word used as a breach class.
    pub const fn name(self) -> &'static str {
        match self {
            MismatchKind::Missing => "missing",
            MismatchKind::Undeclared => "undeclared",
            MismatchKind::Type => "type",
            MismatchKind::Null => "null",
            MismatchKind::Coercion => "coercion",
            MismatchKind::Range => "range",
            MismatchKind::EnumValue => "enum-value",
        }
    }
}

/// One place where a value does not conform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// In which way.
    pub kind: MismatchKind,
    /// Where in the value, with indices: `cpus[0].props`. Empty at the top.
    pub value_path: String,
    /// Where in the schema, without indices: `cpus[].props`. Empty at the top.
    pub schema_path: String,
    /// What would be accepted.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

/// Mismatches kept of one value; a value that is wrong everywhere needs no longer list.
const MISMATCHES_MAX: usize = 32;
/// Levels of branch-in-branch that are followed; real schemas have two.
const BRANCH_DEPTH_MAX: usize = 16;

/// Every place where `value` does not conform to the type, in the order of the walk. An object in which one
/// member is missing and another undeclared (a misspelt name) is listed as missing only.
pub fn conform(schema: &Schema, ty: TypeId, value: &Value, direction: Direction) -> Vec<Mismatch> {
    let mut walk = Walk { schema, direction, found: Vec::new() };
    walk.value(ty, value, &Path::Top);
    walk.found
}

/// The mismatches of command arguments; absent arguments are the empty object, and a command without
/// arguments takes only that.
pub fn conform_arguments(schema: &Schema, ty: Option<TypeId>, arguments: Option<&Value>) -> Vec<Mismatch> {
    let empty = Value::Object(Vec::new());
    let arguments = arguments.unwrap_or(&empty);
    match ty {
        Some(ty) => conform(schema, ty, arguments, Direction::In),
        None => {
            let mut walk = Walk { schema, direction: Direction::In, found: Vec::new() };
            walk.empty_object(arguments, &Path::Top);
            walk.found
        }
    }
}

/// The way from the top of a value to a place in it, kept on the stack.
enum Path<'a> {
    Top,
    Member(&'a Path<'a>, &'a str),
    Element(&'a Path<'a>, usize),
}

impl Path<'_> {
    fn render(&self, with_indices: bool, out: &mut String) {
        match self {
            Path::Top => {}
            Path::Member(parent, name) => {
                parent.render(with_indices, out);
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            Path::Element(parent, index) => {
                parent.render(with_indices, out);
                if with_indices {
                    out.push_str(&format!("[{index}]"));
                } else {
                    out.push_str("[]");
                }
            }
        }
    }
}

struct Walk<'s> {
    schema: &'s Schema,
    direction: Direction,
    found: Vec<Mismatch>,
}

impl<'s> Walk<'s> {
    fn note(&mut self, kind: MismatchKind, path: &Path<'_>, expected: String, actual: String) {
        if self.found.len() >= MISMATCHES_MAX {
            return;
        }
        let (mut value_path, mut schema_path) = (String::new(), String::new());
        path.render(true, &mut value_path);
        path.render(false, &mut schema_path);
        self.found.push(Mismatch { kind, value_path, schema_path, expected, actual });
    }

    fn value(&mut self, ty: TypeId, value: &Value, path: &Path<'_>) {
        let schema = self.schema;
        match &schema.ty(ty).kind {
            TypeKind::Builtin(builtin) => self.builtin(*builtin, value, path),
            TypeKind::Enum(values) => self.enumeration(values, value, path),
            TypeKind::Array(element) => match value {
                Value::Array(elements) => {
                    for (i, one) in elements.iter().enumerate() {
                        self.value(*element, one, &Path::Element(path, i));
                    }
                }
                _ => self.wrong_type("array", value, path),
            },
            TypeKind::Object(object) => match value {
                Value::Object(members) => self.object(object, members, path),
                _ => self.wrong_type("object", value, path),
            },
            TypeKind::Alternate(alternate) => self.alternate(alternate, value, path),
        }
    }

    fn wrong_type(&mut self, expected: &str, value: &Value, path: &Path<'_>) {
        let kind = if matches!(value, Value::Null) { MismatchKind::Null } else { MismatchKind::Type };
        self.note(kind, path, expected.to_owned(), describe(value));
    }

    fn builtin(&mut self, builtin: Builtin, value: &Value, path: &Path<'_>) {
        let fits = match (builtin, value) {
            (Builtin::Any, _)
            | (Builtin::Null, Value::Null)
            | (Builtin::Bool, Value::Bool(_))
            | (Builtin::Str, Value::String(_))
            | (Builtin::Number, Value::Number(_)) => true,
            (_, Value::Number(Number::Double(_))) => false,
            (_, Value::Number(number)) if builtin.range().is_some() => {
                self.integer(builtin, *number, path);
                true
            }
            _ => false,
        };
        if fits {
            return;
        }
        let kind = match value {
            Value::Null => MismatchKind::Null,
            _ if builtin.range().is_some() && is_huge_integer(value) => MismatchKind::Range,
            _ if is_coercible(builtin, value) => MismatchKind::Coercion,
            _ => MismatchKind::Type,
        };
        self.note(kind, path, builtin.name().to_owned(), describe(value));
    }

    fn integer(&mut self, builtin: Builtin, number: Number, path: &Path<'_>) {
        let (Some((mut min, max)), Some(integer)) = (builtin.range(), number.as_integer()) else { return };
        if self.direction == Direction::In && matches!(builtin, Builtin::Uint64 | Builtin::Size) {
            min = i128::from(i64::MIN);
        }
        if integer < min || integer > max {
            let expected = format!("{} ({min} to {max})", builtin.name());
            self.note(MismatchKind::Range, path, expected, integer.to_string());
        }
    }

    fn enumeration(&mut self, values: &EnumType, value: &Value, path: &Path<'_>) {
        match value {
            Value::String(text) if values.has(text) => {}
            Value::String(_) => {
                self.note(MismatchKind::EnumValue, path, list_values(values), describe(value));
            }
            _ => self.wrong_type("string (enum)", value, path),
        }
    }

    fn alternate(&mut self, alternate: &Alternate, value: &Value, path: &Path<'_>) {
        let schema = self.schema;
        let chosen = alternate.choices.iter().find(|choice| takes(schema, **choice, value));
        match chosen {
            Some(choice) => self.value(*choice, value, path),
            None => {
                let kinds: Vec<&str> = alternate.choices.iter().map(|c| json_kind(schema, *c)).collect();
                self.wrong_type(&kinds.join(" or "), value, path);
            }
        }
    }

    fn empty_object(&mut self, value: &Value, path: &Path<'_>) {
        match value {
            Value::Object(members) => self.undeclared(members, &[], path),
            _ => self.wrong_type("object", value, path),
        }
    }

    fn object(&mut self, object: &'s Object, members: &[(String, Value)], path: &Path<'_>) {
        let mut parts = Vec::with_capacity(2);
        let before = self.found.len();
        let all_known = self.collect(object, members, path, &mut parts);
        let missing = self.found[before..].iter().any(|m| m.kind == MismatchKind::Missing);
        for (name, value) in members {
            if let Some(member) = parts.iter().find_map(|part: &&Object| part.member(name)) {
                self.value(member.ty, value, &Path::Member(path, name));
            }
        }
        if all_known && !missing {
            self.undeclared(members, &parts, path);
        }
    }

    /// Gathers the object and the branches that its tags choose, and notes missing members. False when a tag
    /// is absent or unknown, so that nothing can be said about members of an unknown branch.
    fn collect(
        &mut self,
        object: &'s Object,
        members: &[(String, Value)],
        path: &Path<'_>,
        parts: &mut Vec<&'s Object>,
    ) -> bool {
        parts.push(object);
        for member in &object.members {
            if !member.optional && !members.iter().any(|(name, _)| *name == member.name) {
                let at = Path::Member(path, &member.name);
                self.note(MismatchKind::Missing, &at, "a mandatory member".to_owned(), "absent".to_owned());
            }
        }
        let Some(variants) = &object.variants else { return true };
        let tag = members.iter().find(|(name, _)| *name == variants.tag);
        let Some((_, Value::String(tag))) = tag else { return false };
        let known = object
            .member(&variants.tag)
            .is_none_or(|member| self.schema.enumeration(member.ty).is_none_or(|values| values.has(tag)));
        match variants.branch(tag).map(|ty| self.schema.object(ty)) {
            Some(Some(branch)) if parts.len() < BRANCH_DEPTH_MAX => {
                self.collect(branch, members, path, parts)
            }
            // Of a document that was cut: the branch is there, but not what it has.
            Some(None) => false,
            _ => known,
        }
    }

    fn undeclared(&mut self, members: &[(String, Value)], parts: &[&Object], path: &Path<'_>) {
        for (name, value) in members {
            if !parts.iter().any(|part| part.member(name).is_some()) {
                let at = Path::Member(path, name);
                self.note(MismatchKind::Undeclared, &at, "no such member".to_owned(), describe(value));
            }
        }
    }
}

/// Whether an alternate takes `value` as this choice: decided by the JSON type alone.
fn takes(schema: &Schema, choice: TypeId, value: &Value) -> bool {
    match (&schema.ty(choice).kind, value) {
        (TypeKind::Builtin(Builtin::Any), _) => true,
        (TypeKind::Builtin(Builtin::Null), Value::Null) => true,
        (TypeKind::Builtin(Builtin::Bool), Value::Bool(_)) => true,
        (TypeKind::Builtin(Builtin::Str) | TypeKind::Enum(_), Value::String(_)) => true,
        (TypeKind::Builtin(Builtin::Number), Value::Number(_)) => true,
        (TypeKind::Builtin(builtin), Value::Number(Number::Int(_) | Number::Uint(_))) => {
            builtin.range().is_some()
        }
        (TypeKind::Array(_), Value::Array(_)) => true,
        (TypeKind::Object(_), Value::Object(_)) => true,
        _ => false,
    }
}

fn json_kind(schema: &Schema, ty: TypeId) -> &'static str {
    match &schema.ty(ty).kind {
        TypeKind::Builtin(builtin) => builtin.name(),
        TypeKind::Enum(_) => "string (enum)",
        TypeKind::Array(_) => "array",
        TypeKind::Object(_) => "object",
        TypeKind::Alternate(_) => "alternate",
    }
}

/// Whether the value is an integer beyond all integer types, which the parser could keep only as a double.
fn is_huge_integer(value: &Value) -> bool {
    const INT64_LIMIT: f64 = 9_223_372_036_854_775_808.0;
    matches!(value, Value::Number(Number::Double(d)) if d.is_finite() && d.fract() == 0.0 && d.abs() >= INT64_LIMIT)
}

/// Whether a lenient reader could take the value for the type: what QMP forbids as coercion.
fn is_coercible(builtin: Builtin, value: &Value) -> bool {
    match (builtin, value) {
        (Builtin::Str, Value::Number(_) | Value::Bool(_)) => true,
        (Builtin::Bool, Value::Number(_)) => true,
        (Builtin::Bool, Value::String(text)) => {
            matches!(
                text.to_ascii_lowercase().as_str(),
                "on" | "off" | "true" | "false" | "yes" | "no" | "1" | "0"
            )
        }
        (Builtin::Number, Value::String(text)) => text.parse::<f64>().is_ok(),
        (_, Value::Number(Number::Double(_))) => builtin.range().is_some(),
        (_, Value::String(text)) if builtin.range().is_some() => {
            let digits = text.trim_end_matches(['k', 'K', 'M', 'G', 'T', 'P', 'E', 'B']);
            digits.parse::<f64>().is_ok() || digits.starts_with("0x")
        }
        _ => false,
    }
}

fn list_values(values: &EnumType) -> String {
    let shown: Vec<&str> = values.values.iter().take(12).map(|value| value.name.as_str()).collect();
    let more = values.values.len().saturating_sub(shown.len());
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("one of {}{tail}", shown.join(", "))
}

fn describe(value: &Value) -> String {
    let text = value.encode();
    format!("{} {}", value.json_type(), qmprobe_wire::escape::escape_short(&text, 60))
}
