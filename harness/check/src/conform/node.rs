//! What the judge asks of a value, whether it is a tree or stands on the tape that its text was read onto.

use qmprobe_wire::tape;
pub use qmprobe_wire::tape::Kind;
use qmprobe_wire::{Number, Value};
use std::borrow::Cow;

/// A value to judge.
pub trait Node<'n>: Copy {
    /// What it is.
    fn kind(self) -> Kind;
    /// The number, if it is one.
    fn number(self) -> Option<Number>;
    /// The bytes of its text, if it is a string.
    fn string(self) -> Option<Cow<'n, [u8]>>;
    /// Names and values, if it is an object.
    fn members(self) -> impl Iterator<Item = (&'n [u8], Self)> + Clone;
    /// Its elements, if it is an array.
    fn elements(self) -> impl Iterator<Item = Self>;
    /// As a tree: evidence.
    fn tree(self) -> Cow<'n, Value>;
}

impl<'n> Node<'n> for &'n Value {
    fn kind(self) -> Kind {
        match self {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::String,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
        }
    }

    fn number(self) -> Option<Number> {
        if let Value::Number(number) = self { Some(*number) } else { None }
    }

    fn string(self) -> Option<Cow<'n, [u8]>> {
        self.as_str().map(|text| Cow::Borrowed(text.as_bytes()))
    }

    fn members(self) -> impl Iterator<Item = (&'n [u8], Self)> + Clone {
        self.as_object().unwrap_or_default().iter().map(|(name, value)| (name.as_bytes(), value))
    }

    fn elements(self) -> impl Iterator<Item = Self> {
        self.as_array().unwrap_or_default().iter()
    }

    fn tree(self) -> Cow<'n, Value> {
        Cow::Borrowed(self)
    }
}

impl<'n> Node<'n> for tape::Node<'n> {
    #[inline]
    fn kind(self) -> Kind {
        tape::Node::kind(&self)
    }

    fn number(self) -> Option<Number> {
        tape::Node::number(&self)
    }

    fn string(self) -> Option<Cow<'n, [u8]>> {
        tape::Node::string(&self)
    }

    fn members(self) -> impl Iterator<Item = (&'n [u8], Self)> + Clone {
        tape::Node::members(&self).map(|(name, value)| (value.text_at(name), value))
    }

    fn elements(self) -> impl Iterator<Item = Self> {
        tape::Node::elements(&self)
    }

    fn tree(self) -> Cow<'n, Value> {
        Cow::Owned(self.value().unwrap_or(Value::Null))
    }
}
