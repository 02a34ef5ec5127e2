//! From expressions to definitions: each has the keys that its kind takes, of the shape that they must have.
//! What the names in it refer to is not looked at here.

mod members;

use super::condition;
use super::docs::Doc;
use super::era::Era;
use super::fault::{Faults, Span, did_you_mean};
use super::names::{self, Kind};
use super::pragma::Pragmas;
use super::syntax::{Entry, Expression, Node, Value};
use crate::model::Condition;

/// A name with its place.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub name: String,
    pub span: Span,
}

/// A definition.
#[derive(Debug)]
pub(super) struct Definition {
    pub name: Named,
    pub kind: &'static str,
    pub body: Body,
    pub condition: Option<Condition>,
    pub features: Vec<Named>,
    pub doc: Option<Doc>,
}

/// What is defined.
#[derive(Debug)]
pub(super) enum Body {
    Enum(Vec<ValueDef>),
    Struct { base: Option<Named>, members: Vec<MemberDef> },
    Union(UnionDef),
    Alternate(Vec<MemberDef>),
    Command(CommandDef),
    Event { data: Data, boxed: bool },
}

/// A value of an enumeration.
#[derive(Debug)]
pub(super) struct ValueDef {
    pub name: Named,
    pub condition: Option<Condition>,
    pub features: Vec<Named>,
}

/// A member, a branch of a union or a choice of an alternate.
#[derive(Debug)]
pub(super) struct MemberDef {
    pub name: Named,
    pub optional: bool,
    pub ty: TypeRef,
    pub condition: Option<Condition>,
    pub features: Vec<Named>,
}

/// How a type is referred to.
#[derive(Debug)]
pub(super) enum TypeRef {
    Name(Named),
    Array(Named),
    /// A struct without a name, written in place.
    Inline(Vec<MemberDef>),
    /// Nothing that can be understood; why was said.
    Broken,
}

/// A union.
#[derive(Debug)]
pub(super) struct UnionDef {
    pub base: Data,
    /// `None` for a simple union.
    pub tag: Option<Named>,
    pub branches: Vec<MemberDef>,
}

/// Members by the name of their type, or in place.
#[derive(Debug)]
pub(super) enum Data {
    None,
    Name(Named),
    Inline(Vec<MemberDef>),
}

/// A command.
#[derive(Debug)]
pub(super) struct CommandDef {
    pub data: Data,
    pub returns: Option<TypeRef>,
    pub boxed: bool,
    pub marshalled: bool,
    pub success_response: bool,
    pub allow_oob: bool,
    pub allow_preconfig: bool,
}

/// The keys that introduce definitions, and what each introduces.
const KINDS: &[(&str, &str)] = &[
    ("enum", "enum"),
    ("struct", "struct"),
    ("type", "struct"),
    ("union", "union"),
    ("alternate", "alternate"),
    ("command", "command"),
    ("event", "event"),
];

/// Makes definitions of expressions.
pub(super) struct Definer<'p, 'f> {
    pub era: Era,
    pub pragmas: &'p Pragmas,
    pub faults: &'f mut Faults,
    /// Expressions that define nothing are passed over.
    overlooks: bool,
    /// The name of the definition at hand.
    owner: String,
}

impl<'p, 'f> Definer<'p, 'f> {
    pub fn new(era: Era, pragmas: &'p Pragmas, overlooks: bool, faults: &'f mut Faults) -> Definer<'p, 'f> {
        Definer { era, pragmas, faults, overlooks, owner: String::new() }
    }

    /// The definition that an expression is; `None`, and a fault, when it is none.
    pub fn definition(&mut self, expression: Expression) -> Option<Definition> {
        let entries = &expression.entries;
        let introduces = |entry: &&Entry| self.introduces(&entry.key).is_some();
        let mut introducing = entries.iter().filter(introduces);
        let (first, second) = (introducing.next(), introducing.next());
        let Some(first) = first else {
            if self.overlooks {
                self.faults.note(expression.span, "an expression that defines nothing was passed over");
                return None;
            }
            let help =
                entries.first().map(|entry| did_you_mean(&entry.key, KINDS.iter().map(|(key, _)| *key)));
            let message = "an expression has one of the keys 'enum', 'struct', 'union', 'alternate', 'command', 'event'";
            self.faults.push_with_help(expression.span, message, help.unwrap_or_default());
            return None;
        };
        if let Some(second) = second {
            let message = format!(
                "an expression is one definition, and this has both '{}' and '{}'",
                first.key, second.key
            );
            self.faults.push(second.span, message);
            return None;
        }
        let kind = self.introduces(&first.key)?;
        let name = self.text(&first.node, &format!("the name of {kind}"))?;
        self.faults.within = format!("{kind} '{}'", name.name);
        self.owner.clone_from(&name.name);
        self.check_name(kind, &name);
        let body = self.body(kind, &first.key, &name, entries);
        let condition = self.condition(entries);
        let features = self.features(entries, self.features_of(kind));
        self.check_doc(&expression.doc, kind, &name);
        self.faults.within.clear();
        Some(Definition { name, kind, body: body?, condition, features, doc: expression.doc })
    }

    fn introduces(&self, key: &str) -> Option<&'static str> {
        let era = self.era;
        let known = match key {
            "type" => era.says_type(),
            "struct" => !era.says_type(),
            "event" => era.has_events(),
            "alternate" => era.has_alternates(),
            _ => true,
        };
        KINDS.iter().find(|(introducing, _)| known && *introducing == key).map(|(_, kind)| *kind)
    }

    fn features_of(&self, kind: &str) -> bool {
        let era = self.era;
        match kind {
            "struct" => era.structs_have_features(),
            "command" => era.commands_have_features(),
            _ => era.all_have_features(),
        }
    }

    fn check_name(&mut self, kind: &str, name: &Named) {
        let kind_of_name = match kind {
            "command" => Kind::Command,
            "event" => Kind::Event,
            _ => Kind::Type,
        };
        self.check(kind_of_name, name);
        let bound = kind_of_name == Kind::Type || self.era.reserves_suffixes_of_all();
        if let Some(suffix) = names::reserved_suffix(&name.name, self.era).filter(|_| bound) {
            self.faults.push(name.span, format!("the name of {kind} does not end in '{suffix}'"));
        }
        if kind == "event" && self.era.constants_clash() && name.name.eq_ignore_ascii_case("max") {
            self.faults.push(name.span, "generated code keeps the name 'MAX' for itself");
        }
    }

    fn check(&mut self, kind: Kind, name: &Named) {
        if let Some(message) = names::fault(kind, &name.name, &self.owner, self.pragmas, self.era) {
            self.faults.push(name.span, message);
        }
    }

    fn check_doc(&mut self, doc: &Option<Doc>, kind: &str, name: &Named) {
        let Some(doc) = doc else {
            if self.pragmas.doc_required && self.era.checks_docs() {
                self.faults.push(name.span, "a documentation comment is required");
            }
            return;
        };
        match &doc.symbol {
            None => self.faults.push(doc.span, "a definition needs a comment that names it with '@NAME:'"),
            Some((symbol, span)) if *symbol != name.name => {
                self.faults
                    .push(*span, format!("the comment is about '{symbol}', and '{}' follows", name.name));
            }
            Some(_) => {}
        }
        for (section, what) in [(doc.returns, "Returns"), (doc.errors, "Errors")] {
            if let Some(span) = section.filter(|_| kind != "command") {
                self.faults.push(span, format!("only commands have a section '{what}'"));
            }
        }
    }

    fn body(&mut self, kind: &str, key: &str, name: &Named, entries: &[Entry]) -> Option<Body> {
        match kind {
            "enum" => {
                self.keys(entries, name.span, &[key, "data"], &["prefix"]);
                self.enumeration(entries)
            }
            "struct" => {
                self.keys(entries, name.span, &[key, "data"], &["base"]);
                let base = entry(entries, "base").and_then(|base| self.text(&base.node, "the base"));
                let data = entry(entries, "data")?;
                let Value::Object(_) = data.node.value else {
                    self.faults.push(
                        data.node.span,
                        format!("the members are an object, and this is {}", data.node.kind()),
                    );
                    return None;
                };
                Some(Body::Struct { base, members: self.members(&data.node) })
            }
            "union" => self.union(entries, name.span, key),
            "alternate" => {
                self.keys(entries, name.span, &[key, "data"], &[]);
                self.choices(entry(entries, "data")?).map(Body::Alternate)
            }
            "command" => {
                self.keys(
                    entries,
                    name.span,
                    &[key],
                    &[
                        "data",
                        "returns",
                        "boxed",
                        "gen",
                        "success-response",
                        "allow-oob",
                        "allow-preconfig",
                        "coroutine",
                    ],
                );
                self.command(entries)
            }
            _ => {
                self.keys(entries, name.span, &[key], &["data", "boxed"]);
                let boxed = self.flag(entries, "boxed", true);
                let data = self.data(entries, boxed);
                self.reject_nested(&data);
                Some(Body::Event { data, boxed })
            }
        }
    }

    fn command(&mut self, entries: &[Entry]) -> Option<Body> {
        let boxed = self.flag(entries, "boxed", true);
        let allow_oob = self.flag(entries, "allow-oob", true);
        let coroutine = self.flag(entries, "coroutine", true);
        if let Some(entry) = entry(entries, "coroutine").filter(|_| allow_oob && coroutine) {
            self.faults.push(entry.span, "'allow-oob' and 'coroutine' exclude each other");
        }
        Some(Body::Command(CommandDef {
            data: self.data(entries, boxed),
            returns: entry(entries, "returns").map(|returns| self.returns(&returns.node)),
            boxed,
            marshalled: !self.flag(entries, "gen", false),
            success_response: !self.flag(entries, "success-response", false),
            allow_oob,
            allow_preconfig: self.flag(entries, "allow-preconfig", true),
        }))
    }

    fn returns(&mut self, node: &Node) -> TypeRef {
        match node.value {
            Value::Object(_) if self.era.returns_are_inline() => TypeRef::Inline(self.members(node)),
            Value::Object(_) => {
                self.faults.push(node.span, "what is returned has a named type");
                TypeRef::Broken
            }
            _ => self.type_ref(node, true),
        }
    }

    /// `data` of a command or an event.
    fn data(&mut self, entries: &[Entry], boxed: bool) -> Data {
        let Some(data) = entry(entries, "data") else {
            if let Some(boxed) = entry(entries, "boxed").filter(|_| boxed) {
                self.faults.push(boxed.span, "'boxed' needs 'data'");
            }
            return Data::None;
        };
        match &data.node.value {
            Value::Text(name) => Data::Name(Named { name: name.clone(), span: data.node.span }),
            Value::Object(_) if boxed => {
                self.faults.push(data.node.span, "with 'boxed' the data has a named type");
                Data::None
            }
            Value::Object(_) => Data::Inline(self.members(&data.node)),
            _ => {
                let message =
                    format!("the data is an object or the name of a type, and this is {}", data.node.kind());
                self.faults.push(data.node.span, message);
                Data::None
            }
        }
    }

    fn reject_nested(&mut self, data: &Data) {
        let Data::Inline(members) = data else { return };
        for member in members.iter().filter(|_| self.era.events_nest_nothing()) {
            if matches!(member.ty, TypeRef::Inline(_)) {
                self.faults.push(member.name.span, "what an event has in it has a named type");
            }
        }
    }

    /// Whether a flag is there. It has one value only, which before 2.4 was a string.
    fn flag(&mut self, entries: &[Entry], key: &str, value: bool) -> bool {
        let Some(Entry { node, .. }) = entry(entries, key) else { return false };
        let good = match &node.value {
            Value::Bool(given) => *given == value,
            Value::Text(_) => self.era.flags_are_strings(),
            _ => false,
        };
        if !good {
            self.faults.push(node.span, format!("'{key}' can only be {value}"));
        }
        good
    }

    fn enumeration(&mut self, entries: &[Entry]) -> Option<Body> {
        if let Some(prefix) = entry(entries, "prefix").filter(|prefix| prefix.node.as_text().is_none()) {
            self.faults.push(prefix.node.span, "the prefix is a string");
        }
        let data = entry(entries, "data")?;
        let Some(items) = data.node.as_list() else {
            self.faults
                .push(data.node.span, format!("the values are an array, and this is {}", data.node.kind()));
            return None;
        };
        Some(Body::Enum(items.iter().filter_map(|item| self.value(item)).collect()))
    }

    fn value(&mut self, node: &Node) -> Option<ValueDef> {
        let (name, condition, features) = match &node.value {
            Value::Object(entries) if self.era.has_longhand() => {
                let optional: &[&str] =
                    if self.era.values_have_features() { &["if", "features"] } else { &["if"] };
                self.exact_keys(entries, node.span, &["name"], optional);
                let name = self.text(&entry(entries, "name")?.node, "a value")?;
                (name, self.condition(entries), self.features(entries, self.era.values_have_features()))
            }
            _ => (self.text(node, "a value")?, None, Vec::new()),
        };
        self.check(Kind::Value, &name);
        Some(ValueDef { name, condition, features })
    }

    fn union(&mut self, entries: &[Entry], span: Span, key: &str) -> Option<Body> {
        let era = self.era;
        let anonymous =
            entry(entries, "discriminator").filter(|tag| tag.node.as_object().is_some_and(<[_]>::is_empty));
        if anonymous.is_some() && era.has_anonymous_unions() {
            self.keys(entries, span, &[key, "data", "discriminator"], &[]);
            return self.choices(entry(entries, "data")?).map(Body::Alternate);
        }
        let simple = entry(entries, "discriminator").is_none() && era.has_simple_unions();
        match simple {
            true => self.keys(entries, span, &[key, "data"], &["base"]),
            false => self.keys(entries, span, &[key, "data", "base", "discriminator"], &[]),
        }
        if let Some(base) = entry(entries, "base").filter(|_| simple && !era.simple_unions_have_bases()) {
            self.faults.push(base.span, "a base needs a discriminator");
        }
        let base = match entry(entries, "base").map(|base| &base.node) {
            None => Data::None,
            Some(node) if era.has_inline_bases() && node.as_object().is_some() => {
                Data::Inline(self.members(node))
            }
            Some(node) => self.text(node, "the base").map_or(Data::None, Data::Name),
        };
        let tag = match entry(entries, "discriminator") {
            None => None,
            Some(tag) => Some(self.text(&tag.node, "the discriminator")?),
        };
        let branches = self.branches(entry(entries, "data")?, simple)?;
        Some(Body::Union(UnionDef { base, tag, branches }))
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<Named> {
        match node.as_text() {
            Some(text) => Some(Named { name: text.to_owned(), span: node.span }),
            None => {
                self.faults.push(node.span, format!("{what} is a string, and this is {}", node.kind()));
                None
            }
        }
    }

    fn condition(&mut self, entries: &[Entry]) -> Option<Condition> {
        let found = entry(entries, "if").filter(|_| self.era.has_conditions())?;
        condition::read(&found.node, self.era, self.faults)
    }

    fn features(&mut self, entries: &[Entry], known: bool) -> Vec<Named> {
        let Some(found) = entry(entries, "features").filter(|_| known) else { return Vec::new() };
        let Some(items) = found.node.as_list() else {
            self.faults
                .push(found.node.span, format!("features are an array, and this is {}", found.node.kind()));
            return Vec::new();
        };
        let mut features: Vec<Named> = Vec::new();
        for item in items {
            let named = match &item.value {
                Value::Object(entries) => {
                    self.exact_keys(entries, item.span, &["name"], &["if"]);
                    self.condition(entries);
                    entry(entries, "name").and_then(|name| self.text(&name.node, "a feature"))
                }
                _ => self.text(item, "a feature"),
            };
            let Some(named) = named else { continue };
            self.check(Kind::Feature, &named);
            if features.iter().any(|known| names::c_name(&known.name) == names::c_name(&named.name)) {
                self.faults.push(named.span, format!("the feature '{}' is there twice", named.name));
            }
            features.push(named);
        }
        features
    }

    /// The keys of a definition, which may all have conditions and features in their time.
    fn keys(&mut self, entries: &[Entry], span: Span, required: &[&str], optional: &[&str]) {
        let era = self.era;
        let kind = required.first().and_then(|key| self.introduces(key)).unwrap_or_default();
        let mut allowed: Vec<&str> = optional.to_vec();
        allowed.retain(|key| match *key {
            "boxed" => era.has_boxed(),
            "allow-oob" => era.has_oob(),
            "allow-preconfig" => era.has_preconfig(),
            "coroutine" => era.has_coroutines(),
            _ => true,
        });
        allowed.extend(era.has_conditions().then_some("if"));
        allowed.extend(self.features_of(kind).then_some("features"));
        self.exact_keys(entries, span, required, &allowed);
    }

    fn exact_keys(&mut self, entries: &[Entry], span: Span, required: &[&str], optional: &[&str]) {
        for key in required.iter().filter(|key| entry(entries, key).is_none()) {
            self.faults.push(span, format!("the key '{key}' is missing"));
        }
        if !self.era.names_are_checked() && !self.era.checks_references() {
            return;
        }
        for unknown in entries {
            if !required.iter().chain(optional).any(|key| *key == unknown.key) {
                let help = did_you_mean(&unknown.key, required.iter().chain(optional).copied());
                self.faults.push_with_help(
                    unknown.span,
                    format!("there is no key '{}' here", unknown.key),
                    help,
                );
            }
        }
    }
}

/// The entry under `key`.
pub(super) fn entry<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    entries.iter().find(|entry| entry.key == key)
}
