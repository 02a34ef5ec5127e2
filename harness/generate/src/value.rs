//! One random valid value of a type, from a source of choices. Finite whatever the source says: when depth,
//! size or entropy runs out, the rest is the smallest value.

use crate::minimal::Smallest;
use crate::tags::{Tags, branch};
use arbitrary::{Error, Result, Unstructured};
use qmprobe_schema::{Builtin, Member, Object, Schema, TypeId, TypeKind};
use qmprobe_wire::{Number, Value};
use std::sync::OnceLock;

/// Levels of nesting before every value is the smallest.
const NESTING_MAX: u32 = 8;
/// Values in all before every value is the smallest.
const NODES_MAX: u32 = 1024;
/// Elements of one array.
const ELEMENTS_MAX: usize = 3;

/// A random valid value of `ty`, for either direction.
///
/// # Errors
/// [`Error::IncorrectFormat`] when the type has no finite value.
pub fn valid_value(schema: &Schema, ty: TypeId, source: &mut Unstructured<'_>) -> Result<Value> {
    Values::new(schema).valid(ty, source)
}

/// What knows better than chance what a scalar might be. Each may decline, and chance decides.
pub trait Supply {
    /// A string for the member of this name.
    fn string(&mut self, _member: &str) -> Option<Value> {
        None
    }

    /// An integer from this range.
    fn integer(&mut self, _member: &str, _min: i128, _max: i128) -> Option<Value> {
        None
    }

    /// Anything.
    fn any(&mut self, _member: &str) -> Option<Value> {
        None
    }

    /// Of 256 optional members near the top, how many are given.
    fn optional(&self) -> u8 {
        128
    }
}

/// Leaves everything to chance.
#[derive(Clone, Copy, Debug)]
pub struct Chance;

impl Supply for Chance {}

/// Makes random valid values of one schema. Keep one to make many.
#[derive(Debug)]
pub struct Values<'s> {
    schema: &'s Schema,
    /// Only values that reach a limit need it, and it costs more than such a value.
    smallest: OnceLock<Smallest<'s>>,
}

impl<'s> Values<'s> {
    /// For this schema.
    pub fn new(schema: &'s Schema) -> Values<'s> {
        Values { schema, smallest: OnceLock::new() }
    }

    /// A random valid value of `ty`.
    ///
    /// # Errors
    /// [`Error::IncorrectFormat`] when the type has no finite value.
    pub fn valid(&self, ty: TypeId, source: &mut Unstructured<'_>) -> Result<Value> {
        self.supplied(ty, source, &mut Chance)
    }

    /// A random valid value of `ty`, with the scalars that `supply` has.
    ///
    /// # Errors
    /// [`Error::IncorrectFormat`] when the type has no finite value.
    pub fn supplied(
        &self,
        ty: TypeId,
        source: &mut Unstructured<'_>,
        supply: &mut dyn Supply,
    ) -> Result<Value> {
        let mut draw = Draw { values: self, source, nodes: 0, supply, member: "" };
        match draw.value(ty, 0) {
            // The draw went for a branch or a choice that has no end; the type as a whole may still have one.
            Err(Error::IncorrectFormat) => self.smallest().value(ty).ok_or(Error::IncorrectFormat),
            drawn => drawn,
        }
    }

    fn smallest(&self) -> &Smallest<'s> {
        self.smallest.get_or_init(|| Smallest::new(self.schema))
    }
}

struct Draw<'d, 's, 'u, 'b> {
    values: &'d Values<'s>,
    source: &'u mut Unstructured<'b>,
    nodes: u32,
    supply: &'d mut dyn Supply,
    /// The nearest member around.
    member: &'s str,
}

impl<'s> Draw<'_, 's, '_, '_> {
    fn value(&mut self, ty: TypeId, depth: u32) -> Result<Value> {
        let schema = self.values.schema;
        self.nodes += 1;
        match &schema.ty(ty).kind {
            TypeKind::Builtin(builtin) => self.builtin(*builtin),
            TypeKind::Enum(values) => {
                Ok(Value::string(values.values[self.below(values.values.len())?].name.as_str()))
            }
            _ if depth >= NESTING_MAX || self.nodes >= NODES_MAX => {
                self.values.smallest().value(ty).ok_or(Error::IncorrectFormat)
            }
            TypeKind::Array(element) => {
                let count = self.below(ELEMENTS_MAX + 1)?;
                (0..count).map(|_| self.value(*element, depth + 1)).collect::<Result<_>>().map(Value::Array)
            }
            TypeKind::Alternate(alternate) => {
                let choice = alternate.choices[self.below(alternate.choices.len())?];
                self.value(choice, depth + 1)
            }
            TypeKind::Object(object) => {
                let mut members = Vec::with_capacity(object.members.len());
                self.members_into(object, depth, &mut members)?;
                Ok(Value::Object(members))
            }
        }
    }

    fn members_into(&mut self, object: &'s Object, depth: u32, out: &mut Vec<(String, Value)>) -> Result<()> {
        let schema = self.values.schema;
        let chosen = match Tags::of(schema, object) {
            Some((tag, values)) => values.get(self.below(values.len())?).map(|value| (tag, value)),
            None => None,
        };
        for member in &object.members {
            match chosen {
                Some((tag, value)) if tag == member.name => out.push((tag.to_owned(), Value::string(value))),
                _ if member.optional && !self.wants_optional(depth)? => {}
                _ => match self.member_value(member, depth + 1) {
                    Ok(value) => out.push((member.name.clone(), value)),
                    Err(Error::IncorrectFormat) if member.optional => {}
                    Err(error) => return Err(error),
                },
            }
        }
        let Some(ty) = chosen.and_then(|(_, value)| branch(object, value)) else { return Ok(()) };
        let Some(part) = schema.object(ty) else { return Err(Error::IncorrectFormat) };
        if depth >= NESTING_MAX {
            return Err(Error::IncorrectFormat);
        }
        self.members_into(part, depth + 1, out)
    }

    fn member_value(&mut self, member: &'s Member, depth: u32) -> Result<Value> {
        let around = std::mem::replace(&mut self.member, &member.name);
        let value = self.value(member.ty, depth);
        self.member = around;
        value
    }

    /// Half of them near the top, fewer below, none at the limits.
    fn wants_optional(&mut self, depth: u32) -> Result<bool> {
        if depth + 1 >= NESTING_MAX || self.nodes >= NODES_MAX {
            return Ok(false);
        }
        let byte: u8 = self.source.arbitrary()?;
        let wanted = u16::from(self.supply.optional());
        // Where choices run out, bytes are 0 and nothing is wanted.
        Ok(u16::from(byte) + if depth < 2 { wanted } else { wanted / 8 * 3 } >= 256)
    }

    /// A number below `count`.
    fn below(&mut self, count: usize) -> Result<usize> {
        if count == 0 { Err(Error::IncorrectFormat) } else { self.source.int_in_range(0..=count - 1) }
    }

    fn builtin(&mut self, builtin: Builtin) -> Result<Value> {
        let supplied = match (builtin, builtin.range()) {
            (_, Some((min, max))) => self.supply.integer(self.member, min, max),
            (Builtin::Str, _) => self.supply.string(self.member),
            (Builtin::Any, _) => self.supply.any(self.member),
            _ => None,
        };
        if let Some(supplied) = supplied {
            return Ok(supplied);
        }
        if let Some((min, max)) = builtin.range() {
            return self.integer(min, max);
        }
        match builtin {
            Builtin::Str => self.string(),
            Builtin::Number => self.number(),
            Builtin::Bool => Ok(Value::Bool(self.source.arbitrary()?)),
            Builtin::Any => self.any(),
            _ => Ok(Value::Null),
        }
    }

    /// Small ones mostly, now and then an end of the range or anything in it.
    fn integer(&mut self, min: i128, max: i128) -> Result<Value> {
        let kind: u8 = self.source.arbitrary()?;
        let integer = match kind {
            0..160 => i128::from(kind),
            160..176 => min,
            176..192 => max,
            _ => self.source.int_in_range(min..=max)?,
        };
        Ok(integer_value(integer.clamp(min, max)))
    }

    fn number(&mut self) -> Result<Value> {
        const SPECIAL: [f64; 6] = [0.0, -0.0, 1.5, 5e-324, 1e308, -1e-9];
        let kind: u8 = self.source.arbitrary()?;
        let double = match kind {
            0..64 => return Ok(Value::int(i64::from(kind))),
            64..160 => SPECIAL[usize::from(kind) % SPECIAL.len()],
            _ => f64::from_bits(self.source.arbitrary()?),
        };
        // JSON has no infinity and no NaN.
        Ok(Value::Number(Number::Double(if double.is_finite() { double } else { 0.5 })))
    }

    /// A word that can be neither a path nor an option nor a protocol, whoever takes it for one.
    fn string(&mut self) -> Result<Value> {
        const FIRST: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz012345";
        const LATER: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz-_678 ";
        const FOREIGN: [&str; 4] = ["é", "ß", "漢", "😀"];
        let head: u8 = self.source.arbitrary()?;
        let length = usize::from(head % 12);
        let mut text = String::with_capacity(length + 4);
        for (at, byte) in self.source.bytes(length.min(self.source.len()))?.iter().enumerate() {
            let letters = if at == 0 { FIRST } else { LATER };
            text.push(char::from(letters[usize::from(byte % 32)]));
        }
        if head >= 232 {
            text.push_str(FOREIGN[usize::from(head) % FOREIGN.len()]);
        }
        Ok(Value::String(text))
    }

    fn any(&mut self) -> Result<Value> {
        Ok(match self.below(8)? {
            0 => Value::Null,
            1 => Value::Bool(true),
            2 => self.integer(i128::from(i64::MIN), i128::from(i64::MAX))?,
            3 => self.number()?,
            4 => self.string()?,
            5 => Value::Array(vec![self.string()?, Value::int(1)]),
            6 => Value::Object(vec![("x".to_owned(), self.string()?)]),
            _ => Value::Object(Vec::new()),
        })
    }
}

/// An integer of a builtin's range as the wire's number.
pub(crate) fn integer_value(integer: i128) -> Value {
    let clamped = integer.clamp(i128::from(i64::MIN), i128::from(u64::MAX));
    Value::Number(match i64::try_from(clamped) {
        Ok(int) => Number::Int(int),
        Err(_) => Number::Uint(u64::try_from(clamped).unwrap_or(u64::MAX)),
    })
}
