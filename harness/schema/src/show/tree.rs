//! All commands and events, a line each, with the names of all members however deep: made to be searched.

use crate::model::{LIST_DEPTH_MAX, Schema, TypeId, TypeKind};
use std::collections::HashSet;

/// How deep a line goes.
const DEPTH_MAX: usize = 32;

/// A line for each command and event. A type is opened once in a line; `…` is one that was opened before.
pub fn tree(schema: &Schema) -> String {
    let mut out = String::new();
    for command in &schema.commands {
        let mut line = Line { schema, out: &mut out, opened: HashSet::new() };
        line.out.push_str(&command.name);
        line.part("(", command.arguments, ")");
        line.part(" -> ", command.returns, "");
        out.push('\n');
    }
    for event in &schema.events {
        let mut line = Line { schema, out: &mut out, opened: HashSet::new() };
        line.out.push_str(&event.name);
        line.part("(", event.data, ")");
        out.push('\n');
    }
    out
}

struct Line<'a> {
    schema: &'a Schema,
    out: &'a mut String,
    opened: HashSet<TypeId>,
}

impl Line<'_> {
    fn part(&mut self, before: &str, id: Option<TypeId>, after: &str) {
        let Some(id) = id else {
            if !after.is_empty() {
                self.out.push_str("()");
            }
            return;
        };
        self.out.push_str(before);
        // The parentheses of arguments and data stand for the object's braces.
        match self.schema.object(id) {
            Some(_) if !after.is_empty() => {
                self.opened.insert(id);
                self.members(id, 0);
            }
            _ => self.ty(id, 0),
        }
        self.out.push_str(after);
    }

    fn ty(&mut self, id: TypeId, depth: usize) {
        let (mut at, mut lists) = (id, 0);
        while let TypeKind::Array(element) = self.schema.ty(at).kind
            && lists < LIST_DEPTH_MAX
        {
            (at, lists) = (element, lists + 1);
        }
        self.out.push_str(&"[".repeat(lists));
        match &self.schema.ty(at).kind {
            TypeKind::Builtin(builtin) => self.out.push_str(builtin.name()),
            TypeKind::Enum(_) => self.out.push_str("enum"),
            TypeKind::Array(_) => {}
            TypeKind::Object(_) | TypeKind::Alternate(_) if depth >= DEPTH_MAX || !self.opened.insert(at) => {
                self.out.push_str("{…}");
            }
            TypeKind::Object(_) => {
                self.out.push('{');
                self.members(at, depth + 1);
                self.out.push('}');
            }
            TypeKind::Alternate(alternate) => {
                for (index, choice) in alternate.choices.iter().enumerate() {
                    self.out.push_str(if index == 0 { "" } else { "|" });
                    self.ty(*choice, depth + 1);
                }
            }
        }
        self.out.push_str(&"]".repeat(lists));
    }

    /// Names, and what is inside where the type has an inside.
    fn members(&mut self, id: TypeId, depth: usize) {
        let Some(object) = self.schema.object(id) else { return };
        for (index, member) in object.members.iter().enumerate() {
            self.out.push_str(if index == 0 { "" } else { ", " });
            self.out.push_str(&member.name);
            self.out.push_str(if member.optional { "?" } else { "" });
            if self.has_inside(member.ty) {
                self.out.push_str(": ");
                self.ty(member.ty, depth);
            }
        }
        let branches = object.variants.iter().flat_map(|variants| &variants.branches);
        for branch in branches {
            let filled = self.schema.object(branch.ty);
            let filled = filled.is_some_and(|object| !object.members.is_empty() || object.variants.is_some());
            if filled && depth < DEPTH_MAX && self.opened.insert(branch.ty) {
                self.out.push_str("; ");
                self.out.push_str(&branch.value);
                self.out.push_str(": ");
                self.members(branch.ty, depth + 1);
            }
        }
    }

    fn has_inside(&self, id: TypeId) -> bool {
        let mut at = id;
        for _ in 0..LIST_DEPTH_MAX {
            let TypeKind::Array(element) = self.schema.ty(at).kind else { break };
            at = element;
        }
        matches!(self.schema.ty(at).kind, TypeKind::Object(_) | TypeKind::Alternate(_))
    }
}
