//! Holds a value against a type.
