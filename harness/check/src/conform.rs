//! Holds a value against a type: the one walker that judges. It shares nothing with the walker that makes
//! values. Paths are built only when something does not conform.

mod node;

pub use node::{Kind, Node};

use qmprobe_schema::{Alternate, Builtin, EnumType, Member, Object, Schema, TypeId, TypeKind};
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
pub fn conform<'n>(schema: &Schema, ty: TypeId, value: impl Node<'n>, direction: Direction) -> Vec<Mismatch> {
    let mut walk = Walk::new(schema, direction);
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
            let mut walk = Walk::new(schema, Direction::In);
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
    /// Of each object around: itself, and the branches that its tags choose.
    parts: Vec<&'s Object>,
    /// Of each object around: what its members are declared to be.
    declared: Vec<Option<&'s Member>>,
}

impl<'s> Walk<'s> {
    fn new(schema: &'s Schema, direction: Direction) -> Walk<'s> {
        Walk { schema, direction, found: Vec::new(), parts: Vec::new(), declared: Vec::new() }
    }

    fn note(&mut self, kind: MismatchKind, path: &Path<'_>, expected: String, actual: String) {
        if self.found.len() >= MISMATCHES_MAX {
            return;
        }
        let (mut value_path, mut schema_path) = (String::new(), String::new());
        path.render(true, &mut value_path);
        path.render(false, &mut schema_path);
        self.found.push(Mismatch { kind, value_path, schema_path, expected, actual });
    }

    fn value<'n>(&mut self, ty: TypeId, value: impl Node<'n>, path: &Path<'_>) {
        let schema = self.schema;
        match (&schema.ty(ty).kind, value.kind()) {
            (TypeKind::Builtin(builtin), kind) => self.builtin(*builtin, value, kind, path),
            (TypeKind::Enum(values), kind) => self.enumeration(values, value, kind, path),
            (TypeKind::Array(element), Kind::Array) => {
                for (i, one) in value.elements().enumerate() {
                    self.value(*element, one, &Path::Element(path, i));
                }
            }
            (TypeKind::Array(_), _) => self.wrong_type("array", value, path),
            (TypeKind::Object(object), Kind::Object) => self.object(object, value, path),
            (TypeKind::Object(_), _) => self.wrong_type("object", value, path),
            (TypeKind::Alternate(alternate), _) => self.alternate(alternate, value, path),
        }
    }

    fn wrong_type<'n>(&mut self, expected: &str, value: impl Node<'n>, path: &Path<'_>) {
        let kind = if matches!(value.kind(), Kind::Null) { MismatchKind::Null } else { MismatchKind::Type };
        self.note(kind, path, expected.to_owned(), describe(&value.tree()));
    }

    fn builtin<'n>(&mut self, builtin: Builtin, value: impl Node<'n>, kind: Kind, path: &Path<'_>) {
        let fits = match (builtin, kind) {
            (Builtin::Any, _)
            | (Builtin::Null, Kind::Null)
            | (Builtin::Bool, Kind::Bool)
            | (Builtin::Str, Kind::String)
            | (Builtin::Number, Kind::Number) => true,
            (_, Kind::Number) => self.integer(builtin, value.number(), path),
            _ => false,
        };
        if fits {
            return;
        }
        let value = &*value.tree();
        let kind = match value {
            Value::Null => MismatchKind::Null,
            _ if builtin.range().is_some() && is_huge_integer(value) => MismatchKind::Range,
            _ if is_coercible(builtin, value) => MismatchKind::Coercion,
            _ => MismatchKind::Type,
        };
        self.note(kind, path, builtin.name().to_owned(), describe(value));
    }

    /// Whether it is an integer for a type of integers, if perhaps beyond its range.
    fn integer(&mut self, builtin: Builtin, number: Option<Number>, path: &Path<'_>) -> bool {
        if self.direction == Direction::Out && matches!(number, Some(Number::Double(d)) if d.is_nan()) {
            // No JSON has it: which rule says so is settled.
            return true;
        }
        let integer = number.and_then(Number::as_integer);
        let (Some((mut min, max)), Some(integer)) = (builtin.range(), integer) else { return false };
        if self.direction == Direction::In && matches!(builtin, Builtin::Uint64 | Builtin::Size) {
            min = i128::from(i64::MIN);
        }
        if integer < min || integer > max {
            let expected = format!("{} ({min} to {max})", builtin.name());
            self.note(MismatchKind::Range, path, expected, integer.to_string());
        }
        true
    }

    fn enumeration<'n>(&mut self, values: &EnumType, value: impl Node<'n>, kind: Kind, path: &Path<'_>) {
        match (kind, value.string()) {
            (Kind::String, Some(text)) if values.has(&text) => {}
            (Kind::String, _) => {
                self.note(MismatchKind::EnumValue, path, list_values(values), describe(&value.tree()));
            }
            _ => self.wrong_type("string (enum)", value, path),
        }
    }

    fn alternate<'n>(&mut self, alternate: &Alternate, value: impl Node<'n>, path: &Path<'_>) {
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

    fn empty_object<'n>(&mut self, value: impl Node<'n>, path: &Path<'_>) {
        match value.kind() {
            Kind::Object => value.members().for_each(|(name, value)| self.undeclared(name, value, path)),
            _ => self.wrong_type("object", value, path),
        }
    }

    fn object<'n>(&mut self, object: &'s Object, value: impl Node<'n>, path: &Path<'_>) {
        let (part, declared) = (self.parts.len(), self.declared.len());
        let before = self.found.len();
        let all_known = self.collect(object, value);
        if !self.look_up(value, part) {
            self.missing(value, part, path);
        }
        let missing = self.found[before..].iter().any(|m| m.kind == MismatchKind::Missing);
        for (nth, (_, value)) in value.members().enumerate() {
            if let Some(member) = self.declared[declared + nth] {
                self.value(member.ty, value, &Path::Member(path, &member.name));
            }
        }
        if all_known && !missing && self.declared[declared..].iter().any(Option::is_none) {
            for (nth, (name, value)) in value.members().enumerate() {
                if self.declared[declared + nth].is_none() {
                    self.undeclared(name, value, path);
                }
            }
        }
        self.parts.truncate(part);
        self.declared.truncate(declared);
    }

    /// Gathers the object and the branches that its tags choose. False when a tag is absent or unknown, so that
    /// nothing can be said about members of an unknown branch.
    fn collect<'n>(&mut self, object: &'s Object, value: impl Node<'n>) -> bool {
        let mut object = object;
        for _ in 0..BRANCH_DEPTH_MAX {
            self.parts.push(object);
            let Some(variants) = &object.variants else { return true };
            let tag = value.members().find(|(name, _)| is(name, &variants.tag));
            let Some(tag) = tag.and_then(|(_, tag)| tag.string()) else { return false };
            match variants.branch(&tag).map(|ty| self.schema.object(ty)) {
                Some(Some(branch)) => object = branch,
                // Of a document that was cut: the branch is there, but not what it has.
                Some(None) => return false,
                None => return self.is_value_of(object, &variants.tag, &tag),
            }
        }
        true
    }

    fn is_value_of(&self, object: &Object, tag: &str, value: &[u8]) -> bool {
        let of_enum = object.member(tag).and_then(|member| self.schema.enumeration(member.ty));
        of_enum.is_none_or(|values| values.has(value))
    }

    /// Finds what each member is declared to be. False when a mandatory one may be missing.
    fn look_up<'n>(&mut self, value: impl Node<'n>, part: usize) -> bool {
        let parts = &self.parts[part..];
        let mut there = 0u64;
        for (name, _) in value.members() {
            let mut nth = 0u32;
            let mut all = parts.iter().flat_map(|part| &part.members);
            let found = all.find(|member| {
                nth += 1;
                is(name, &member.name)
            });
            there |= found.and_then(|_| 1u64.checked_shl(nth - 1)).unwrap_or_default();
            self.declared.push(found);
        }
        let mut all = parts.iter().flat_map(|part| &part.members).zip(0u32..);
        all.all(|(member, nth)| member.optional || there.checked_shr(nth).unwrap_or_default() & 1 == 1)
    }

    fn missing<'n>(&mut self, value: impl Node<'n>, part: usize, path: &Path<'_>) {
        for nth in part..self.parts.len() {
            let object = self.parts[nth];
            for member in object.members.iter().filter(|member| !member.optional) {
                if !value.members().any(|(name, _)| name == member.name.as_bytes()) {
                    let at = Path::Member(path, &member.name);
                    let (expected, actual) = ("a mandatory member".to_owned(), "absent".to_owned());
                    self.note(MismatchKind::Missing, &at, expected, actual);
                }
            }
        }
    }

    fn undeclared<'n>(&mut self, name: &[u8], value: impl Node<'n>, path: &Path<'_>) {
        let name = String::from_utf8_lossy(name);
        let at = Path::Member(path, &name);
        self.note(MismatchKind::Undeclared, &at, "no such member".to_owned(), describe(&value.tree()));
    }
}

/// Whether this is the name; most that are another one differ at the first byte.
#[inline]
fn is(name: &[u8], declared: &str) -> bool {
    let declared = declared.as_bytes();
    name.len() == declared.len() && name.first() == declared.first() && name == declared
}

/// Whether an alternate takes a value as this choice, by what it is.
fn takes<'n>(schema: &Schema, choice: TypeId, value: impl Node<'n>) -> bool {
    match (&schema.ty(choice).kind, value.kind()) {
        (TypeKind::Builtin(Builtin::Any), _) => true,
        (TypeKind::Builtin(Builtin::Null), Kind::Null) => true,
        (TypeKind::Builtin(Builtin::Bool), Kind::Bool) => true,
        (TypeKind::Builtin(Builtin::Str) | TypeKind::Enum(_), Kind::String) => true,
        (TypeKind::Builtin(Builtin::Number), Kind::Number) => true,
        (TypeKind::Builtin(builtin), Kind::Number) => {
            builtin.range().is_some() && value.number().and_then(Number::as_integer).is_some()
        }
        (TypeKind::Array(_), Kind::Array) => true,
        (TypeKind::Object(_), Kind::Object) => true,
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
