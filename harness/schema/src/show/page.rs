//! One page: a thing and all that it is made of, indented, each type opened once.

use super::{WIDTH, bracketed, example, marks};
use crate::model::{
    Builtin, Command, Condition, EnumType, Event, Features, LIST_DEPTH_MAX, Member, Object, Schema, TypeId,
    TypeKind, Variants,
};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;

/// How deep a page goes into a type. Beyond, it says where to look.
const DEPTH_MAX: usize = 12;
/// An enumeration with no more values is written out at each use.
const FEW_VALUES: usize = 6;
/// How the names begin that QEMU's generator makes up for types written in place.
const MADE_UP: &str = "q_";

/// A page being written.
pub struct Page<'a> {
    schema: &'a Schema,
    out: String,
    /// Where each type was opened.
    opened: HashMap<TypeId, String>,
}

impl<'a> Page<'a> {
    pub fn new(schema: &'a Schema) -> Page<'a> {
        Page { schema, out: String::new(), opened: HashMap::new() }
    }

    pub fn text(self) -> String {
        self.out
    }

    /// A command: what is special about it, its arguments, its return, and an example.
    pub fn command(&mut self, command: &'a Command) {
        let title = format!("command {}{}", command.name, marks(&command.features));
        self.title(&title, &command.name, command.condition.as_ref());
        let remarks = [
            (command.allow_oob, "may be run out of band (exec-oob)"),
            (command.allow_preconfig == Some(true), "may be run before the machine is initialised"),
            (!command.success_response, "does not reply when it succeeds"),
            (!command.marshalled, "its arguments are not checked against the schema: more may be accepted"),
        ];
        for (_, remark) in remarks.iter().filter(|(holds, _)| *holds) {
            let _ = writeln!(self.out, "  {remark}");
        }
        self.out.push('\n');
        self.part(&command.name, "arguments", command.arguments, "none");
        let nothing = if command.success_response { "{}" } else { "no reply" };
        self.part(&command.name, "returns", command.returns, nothing);
        if let Some(request) = example::request(self.schema, command) {
            let _ = writeln!(self.out, "\n{request}");
        }
    }

    /// An event and its data.
    pub fn event(&mut self, event: &'a Event) {
        let title = format!("event {}{}", event.name, marks(&event.features));
        self.title(&title, &event.name, event.condition.as_ref());
        self.out.push('\n');
        self.part(&event.name, "data", event.data, "none");
    }

    fn title(&mut self, title: &str, name: &str, condition: Option<&Condition>) {
        let since = self.since(name);
        self.line(0, title, since.into_iter().chain(condition_words(condition)));
    }

    /// ` since 1.3`, where comments of the source say so of that definition or `DEFINITION.MEMBER`.
    fn since(&self, name: &str) -> Option<String> {
        self.schema.outline.since.get(name).map(|version| format!(" since {version}"))
    }

    fn part(&mut self, of: &str, part: &str, id: Option<TypeId>, nothing: &str) {
        match id {
            None => self.line(0, &format!("{part}: {nothing}"), []),
            Some(id) => self.open(0, &format!("{part}: "), &format!("{of}.{part}"), id, Vec::new()),
        }
    }

    /// The type at `place`, under that name.
    pub fn entry(&mut self, depth: usize, place: &str, id: TypeId) {
        let at = place.rfind(['.', '=', '|']).map_or(0, |at| at + 1);
        self.open(depth, &format!("{}: ", &place[at..]), place, id, Vec::new());
    }

    /// A line that says what the type at `place` is, and below it what it is made of.
    fn open(&mut self, depth: usize, lead: &str, place: &str, id: TypeId, remarks: Vec<String>) {
        let (inner, lists) = self.element(id);
        let def = self.schema.ty(inner);
        let seen = self.opened.get(&inner).cloned();
        let repeats = match &def.kind {
            TypeKind::Builtin(_) | TypeKind::Array(_) => false,
            TypeKind::Enum(values) => values.values.len() > FEW_VALUES,
            TypeKind::Object(object) => !object.members.is_empty(),
            TypeKind::Alternate(_) => true,
        };
        let known = seen.filter(|_| repeats);
        let too_deep = depth >= DEPTH_MAX && !matches!(def.kind, TypeKind::Builtin(_) | TypeKind::Enum(_));
        let mut pieces = self.what(inner, known.is_none());
        if let Some(first) = pieces.first_mut() {
            *first = format!("{}{first}", "[".repeat(lists));
        }
        if let Some(last) = pieces.last_mut() {
            last.push_str(&"]".repeat(lists));
            last.push_str(&marks(&def.features));
        }
        // Where a type is used, what came when is the member.
        pieces.extend(def.name.as_deref().filter(|_| depth == 0).and_then(|name| self.since(name)));
        pieces.extend(condition_words(def.condition.as_ref()));
        pieces.extend(remarks);
        match &known {
            Some(place) => pieces.extend(steps(" as ", place)),
            None if too_deep => pieces.extend(steps(" see ", place)),
            None => {}
        }
        self.line(depth, lead, pieces);
        if known.is_some() || too_deep {
            return;
        }
        self.opened.insert(inner, place.to_owned());
        match &def.kind {
            TypeKind::Object(object) => self.object(depth + 1, place, def.name.as_deref(), object),
            TypeKind::Alternate(alternate) => {
                for (index, choice) in alternate.choices.iter().enumerate() {
                    self.open(depth + 1, "or ", &format!("{place}|{index}"), *choice, Vec::new());
                }
            }
            TypeKind::Builtin(_) | TypeKind::Enum(_) | TypeKind::Array(_) => {}
        }
    }

    fn object(&mut self, depth: usize, place: &str, name: Option<&str>, object: &'a Object) {
        // What is written in place goes by the command or event that it stands in.
        let of = name.filter(|name| !name.starts_with(MADE_UP));
        let of = of.or_else(|| place.strip_suffix(".arguments").or_else(|| place.strip_suffix(".data")));
        for member in &object.members {
            let mark = if member.optional { "?" } else { "" };
            let lead = format!("{}{mark}: ", member.name);
            let mut remarks = remarks(member);
            remarks.extend(of.and_then(|of| self.since(&format!("{of}.{}", member.name))));
            self.open(depth, &lead, &format!("{place}.{}", member.name), member.ty, remarks);
        }
        if let Some(variants) = &object.variants {
            self.branches(depth, place, object, variants);
        }
    }

    /// Values with the same branch are named together; those with an empty one come last.
    fn branches(&mut self, depth: usize, place: &str, object: &'a Object, variants: &'a Variants) {
        let mut groups: Vec<(TypeId, Option<&Condition>, Vec<&str>)> = Vec::new();
        let mut group_of: HashMap<(TypeId, String), usize> = HashMap::new();
        let mut empty: Vec<&str> = Vec::new();
        for branch in &variants.branches {
            if self.is_empty(branch.ty) {
                empty.push(&branch.value);
                continue;
            }
            let key = (branch.ty, condition_words(branch.condition.as_ref()).concat());
            let index = *group_of.entry(key).or_insert(groups.len());
            match groups.get_mut(index) {
                Some((_, _, values)) => values.push(&branch.value),
                None => groups.push((branch.ty, branch.condition.as_ref(), vec![&branch.value])),
            }
        }
        let covered: HashSet<&str> = variants.branches.iter().map(|branch| &*branch.value).collect();
        let tag = object.member(&variants.tag).and_then(|tag| self.schema.enumeration(tag.ty));
        let all = tag.into_iter().flat_map(|tag| &tag.values).map(|value| &*value.name);
        empty.extend(all.filter(|value| !covered.contains(value)));
        for (ty, condition, values) in groups {
            let place = format!("{place}={}", values.first().unwrap_or(&""));
            let mut pieces = barred(values.iter().map(|value| (*value).to_owned()));
            pieces.extend(condition_words(condition));
            let known = self.opened.get(&ty).cloned();
            let too_deep = depth + 1 >= DEPTH_MAX;
            match &known {
                Some(place) => pieces.extend(steps(": as ", place)),
                None if too_deep => pieces.extend(steps(": see ", &place)),
                None => pieces.push(":".to_owned()),
            }
            self.line(depth, &format!("{}=", variants.tag), pieces);
            if let (None, false, Some(object)) = (known, too_deep, self.schema.object(ty)) {
                self.opened.insert(ty, place.clone());
                self.object(depth + 1, &place, self.schema.ty(ty).name.as_deref(), object);
            }
        }
        if !empty.is_empty() {
            let mut pieces = barred(empty.into_iter().map(str::to_owned));
            pieces.push(": nothing more".to_owned());
            self.line(depth, &format!("{}=", variants.tag), pieces);
        }
    }

    fn is_empty(&self, id: TypeId) -> bool {
        self.schema.object(id).is_some_and(|object| object.members.is_empty() && object.variants.is_none())
    }

    /// What lists are of in the end, and how many lists deep.
    fn element(&self, mut id: TypeId) -> (TypeId, usize) {
        let mut lists = 0;
        while let TypeKind::Array(element) = self.schema.ty(id).kind
            && lists < LIST_DEPTH_MAX
        {
            (id, lists) = (element, lists + 1);
        }
        (id, lists)
    }

    /// A type in pieces that a line may break between.
    fn what(&self, id: TypeId, whole: bool) -> Vec<String> {
        let def = self.schema.ty(id);
        let name = def.name.as_ref().filter(|name| !name.starts_with(MADE_UP));
        let name = name.map(|name| format!(" {name}")).unwrap_or_default();
        match &def.kind {
            TypeKind::Builtin(builtin) => {
                // Of an integer of unknown width the range says nothing.
                let known = builtin.range().filter(|_| *builtin != Builtin::Integer);
                let range = known.map(|(least, most)| format!(" {}..{}", bound(least), bound(most)));
                vec![format!("{}{}", builtin.name(), range.unwrap_or_default())]
            }
            TypeKind::Enum(values) => {
                let mut pieces = vec![format!("enum{name} ")];
                pieces.extend(enum_values(values, whole));
                pieces
            }
            TypeKind::Object(object) => match &object.variants {
                Some(variants) => vec![format!("object{name}"), format!(" by {}", variants.tag)],
                None if object.members.is_empty() => vec![format!("object{name} without members")],
                None => vec![format!("object{name}")],
            },
            TypeKind::Alternate(_) => vec![format!("alternate{name}")],
            TypeKind::Array(_) => vec!["list".to_owned()],
        }
    }

    /// Writes pieces after `lead`, over as many lines as they take.
    fn line(&mut self, depth: usize, lead: &str, pieces: impl IntoIterator<Item = String>) {
        let mut column = depth * 2 + lead.chars().count();
        let _ = write!(self.out, "{:indent$}{lead}", "", indent = depth * 2);
        for piece in pieces {
            let width = piece.trim_end().chars().count();
            if column + width > WIDTH && column > depth * 2 + 4 {
                self.out.truncate(self.out.trim_end_matches(' ').len());
                let _ = write!(self.out, "\n{:indent$}", "", indent = depth * 2 + 4);
                column = depth * 2 + 4;
                let text = piece.trim_start();
                self.out.push_str(text);
                column += text.chars().count();
            } else {
                self.out.push_str(&piece);
                column += piece.chars().count();
            }
        }
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
    }
}

/// A place, in pieces that each begin a step.
fn steps(lead: &str, place: &str) -> Vec<String> {
    let mut pieces = vec![lead.to_owned()];
    for (index, character) in place.char_indices() {
        match pieces.last_mut() {
            Some(piece) if index == 0 || !matches!(character, '.' | '=' | '|') => piece.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces
}

fn remarks(member: &Member) -> Vec<String> {
    let mut remarks = Vec::new();
    if member.features != Features::default() {
        remarks.push(marks(&member.features));
    }
    remarks.extend(condition_words(member.condition.as_ref()));
    remarks
}

fn enum_values(values: &EnumType, whole: bool) -> Vec<String> {
    let shown = if whole { values.values.len() } else { 3 };
    let mut pieces = barred(values.values.iter().take(shown).map(|value| {
        let words = condition_words(value.condition.as_ref()).concat();
        let facts =
            value.features.0.iter().map(String::as_str).chain((!words.is_empty()).then(|| words.trim()));
        format!("{}{}", value.name, bracketed(facts).trim_start())
    }));
    if shown < values.values.len() {
        pieces.push("|…".to_owned());
    }
    pieces
}

/// `a|b|c`, in pieces.
fn barred(words: impl Iterator<Item = String>) -> Vec<String> {
    let mut pieces: Vec<String> = words.collect();
    let last = pieces.len().saturating_sub(1);
    for piece in &mut pieces[..last] {
        piece.push('|');
    }
    pieces
}

/// ` if CONFIG_A and not CONFIG_B`, in pieces.
fn condition_words(condition: Option<&Condition>) -> Vec<String> {
    condition.map(|condition| format!(" if {}", words(condition, false))).into_iter().collect()
}

/// Loaders bound the depth of conditions.
fn words(condition: &Condition, nested: bool) -> String {
    let joined = |parts: &[Condition], with: &str| {
        let parts: Vec<String> = parts.iter().map(|part| words(part, true)).collect();
        if nested && parts.len() > 1 { format!("({})", parts.join(with)) } else { parts.join(with) }
    };
    match condition {
        Condition::Symbol(symbol) => symbol.clone(),
        Condition::All(parts) => joined(parts, " and "),
        Condition::Any(parts) => joined(parts, " or "),
        Condition::Not(part) => format!("not {}", words(part, true)),
    }
}

/// A bound of an integer type; those of 64 bits as powers of two.
fn bound(bound: i128) -> String {
    const NAMED: [(i128, &str); 3] =
        [(i64::MIN as i128, "-2^63"), (i64::MAX as i128, "2^63-1"), (u64::MAX as i128, "2^64-1")];
    let named = NAMED.iter().find(|(value, _)| *value == bound);
    named.map_or_else(|| bound.to_string(), |(_, name)| (*name).to_owned())
}
