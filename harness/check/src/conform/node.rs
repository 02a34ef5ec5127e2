//! What the judge asks of a value, whether it is a tree or stands on the tape that its text was read onto.

use qmprobe_wire::tape::{self, Kind};
use qmprobe_wire::{Number, Value};
use std::borrow::Cow;

/// What a value is.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number(Number),
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A value to judge.
pub trait Node<'n>: Copy {
    /// What it is.
    fn shape(self) -> Shape;
    /// Its text, if it is a string.
    fn string(self) -> Option<Cow<'n, str>>;
    /// Names and values, if it is an object.
    fn members(self) -> impl Iterator<Item = (&'n [u8], Self)> + Clone;
    /// Its elements, if it is an array.
    fn elements(self) -> impl Iterator<Item = Self>;
    /// As a tree: evidence.
    fn tree(self) -> Cow<'n, Value>;
}

impl<'n> Node<'n> for &'n Value {
    fn shape(self) -> Shape {
        match self {
            Value::Null => Shape::Null,
            Value::Bool(_) => Shape::Bool,
            Value::Number(number) => Shape::Number(*number),
            Value::String(_) => Shape::String,
            Value::Array(_) => Shape::Array,
            Value::Object(_) => Shape::Object,
        }
    }

    fn string(self) -> Option<Cow<'n, str>> {
        self.as_str().map(Cow::Borrowed)
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
    fn shape(self) -> Shape {
        match self.kind() {
            Kind::Null => Shape::Null,
            Kind::Bool => Shape::Bool,
            // It has one: the tape says so.
            Kind::Number => self.number().map_or(Shape::Null, Shape::Number),
            Kind::String => Shape::String,
            Kind::Array => Shape::Array,
            Kind::Object => Shape::Object,
        }
    }

    fn string(self) -> Option<Cow<'n, str>> {
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
