//! A schema as a person reads it: a page for a command, an event, a type or a place in one; all commands, a
//! line each. Pages fit 100 columns. Types go by what they are, never by a number that masks a name.
//!
//! A page opens each type once and then refers to the place where it did, so recursive types end.

mod example;
mod page;
mod place;
mod tree;

pub use tree::tree;

use crate::model::{Command, Event, Features, Schema, TypeKind};
use page::Page;
use place::Place;
use std::fmt::Write;

/// Columns of a page.
pub const WIDTH: usize = 100;

/// The page for `path`: a command, an event, a named type, or a place in one of them, written as our own
/// format names types: `block-commit.arguments.on-error`, `blockdev-add.arguments=file.locking`, `x.y|0` for the first
/// choice of an alternate. `None` when
/// there is no such thing.
pub fn show(schema: &Schema, path: &str) -> Option<String> {
    let mut page = Page::new(schema);
    match place::find(schema, path)? {
        Place::Command(command) => page.command(command),
        Place::Event(event) => page.event(event),
        Place::Type(id) => page.entry(0, path, id),
    }
    Some(page.text())
}

/// The names that [`show`] knows without a path: commands, events, types.
pub fn names(schema: &Schema) -> impl Iterator<Item = &str> {
    let commands = schema.commands.iter().map(|command| &*command.name);
    let events = schema.events.iter().map(|event| &*event.name);
    // What begins with `q_` is made up by QEMU's generator for types written in place.
    let types = schema.types.iter().filter_map(|def| def.name.as_deref());
    commands.chain(events).chain(types.filter(|name| !name.starts_with("q_")))
}

/// What a schema has: counts, then commands and events, a line each with what is special about it.
pub fn overview(schema: &Schema) -> String {
    let of_kind = |is: fn(&TypeKind) -> bool| schema.types.iter().filter(|def| is(&def.kind)).count();
    let mut out = format!(
        "{}, {}; types: {}, {}, {}\n",
        counted(schema.commands.len(), "command"),
        counted(schema.events.len(), "event"),
        counted(of_kind(|kind| matches!(kind, TypeKind::Object(_))), "object"),
        counted(of_kind(|kind| matches!(kind, TypeKind::Enum(_))), "enum"),
        counted(of_kind(|kind| matches!(kind, TypeKind::Alternate(_))), "alternate"),
    );
    if schema.partial {
        out.push_str("cut: what is missing here may exist all the same\n");
    }
    let commands = schema.commands.iter().map(|command| (&command.name, of_command(command)));
    section(&mut out, "commands", commands);
    section(&mut out, "events", schema.events.iter().map(|event| (&event.name, of_event(event))));
    out
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn section<'a>(out: &mut String, title: &str, entries: impl Iterator<Item = (&'a String, String)>) {
    for (index, (name, marks)) in entries.enumerate() {
        if index == 0 {
            let _ = write!(out, "\n{title}\n");
        }
        let _ = writeln!(out, "{}", format!("  {name}{marks}").trim_end());
    }
}

fn of_command(command: &Command) -> String {
    let flags = [
        (command.allow_oob, "out-of-band"),
        (command.allow_preconfig == Some(true), "preconfig"),
        (!command.success_response, "silent on success"),
        (!command.marshalled, "arguments unchecked"),
    ];
    let flags = flags.iter().filter(|(set, _)| *set).map(|(_, flag)| *flag);
    bracketed(flags.chain(command.features.0.iter().map(String::as_str)))
}

fn of_event(event: &Event) -> String {
    marks(&event.features)
}

/// ` [deprecated, unstable]`, or nothing.
fn marks(features: &Features) -> String {
    bracketed(features.0.iter().map(String::as_str))
}

fn bracketed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.collect();
    if words.is_empty() { String::new() } else { format!(" [{}]", words.join(", ")) }
}
