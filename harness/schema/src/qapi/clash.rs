//! What cannot stand side by side: names that are one in C, choices that JSON cannot tell apart, types that
//! contain themselves, and documentation that is about something else.

use super::define::{Body, Data, Definition, MemberDef, Named, TypeRef, UnionDef, ValueDef};
use super::names::c_name;
use super::resolve::{Resolver, type_name};
use crate::model::Member;
use std::collections::{HashMap, HashSet};

/// Different features of a schema. Source: QEMU `scripts/qapi/schema.py`.
const FEATURES_MAX: usize = 64;
/// Branches within branches.
const DEPTH_MAX: usize = 32;

/// Which definitions contain, by way of bases and branches, one that contains itself. Each cycle is told once.
pub(super) fn reject_cycles(resolver: &mut Resolver<'_>) -> Vec<bool> {
    let count = resolver.definitions.len();
    let mut state = vec![0_u8; count];
    let mut cyclic = vec![false; count];
    for root in 0..count {
        let mut path = vec![(root, contained(resolver, root), 0_usize)];
        while let Some((at, parts, next)) = path.last_mut() {
            let at = *at;
            if *next == 0 && state[at] != 0 {
                path.pop();
                continue;
            }
            state[at] = 1;
            let Some(part) = parts.get(*next).copied() else {
                state[at] = 2;
                cyclic[at] |= parts.iter().any(|part| cyclic[*part]);
                path.pop();
                continue;
            };
            *next += 1;
            if state[part] == 1 {
                let from = path.iter().position(|(on_path, ..)| *on_path == part).unwrap_or_default();
                path[from..].iter().for_each(|(on_path, ..)| cyclic[*on_path] = true);
                let definition = &resolver.definitions[part];
                resolver.faults.within = format!("{} '{}'", definition.kind, definition.name.name);
                resolver
                    .faults
                    .push(definition.name.span, format!("'{}' contains itself", definition.name.name));
            } else if state[part] == 0 {
                let parts = contained(resolver, part);
                path.push((part, parts, 0));
            }
        }
    }
    resolver.faults.within.clear();
    cyclic
}

/// The definitions whose members are members of this one.
fn contained(resolver: &Resolver<'_>, index: usize) -> Vec<usize> {
    let named = |name: &str| resolver.by_name.get(name).copied();
    match &resolver.definitions[index].body {
        Body::Struct { base: Some(base), .. } => named(&base.name).into_iter().collect(),
        Body::Union(union) => {
            let base = if let Data::Name(base) = &union.base { named(&base.name) } else { None };
            // A branch of a simple union is wrapped, and contains nothing.
            let branches = union.branches.iter().filter(|_| union.tag.is_some());
            let branches = branches.filter_map(|branch| match &branch.ty {
                TypeRef::Name(branch) => named(&branch.name),
                _ => None,
            });
            base.into_iter().chain(branches).collect()
        }
        _ => Vec::new(),
    }
}

/// Values must differ as the constants that they are in C.
pub(super) fn check_values(resolver: &mut Resolver<'_>, values: &[ValueDef]) {
    check_constants(resolver, values.iter().map(|value| &value.name), &["MAX"]);
}

/// The branches of a simple union are the values of an enumeration.
pub(super) fn check_cases(resolver: &mut Resolver<'_>, union: &UnionDef) {
    let reserved: &[&str] =
        if resolver.era.unions_reserve_constants() { &["MAX", "KIND", "TYPE"] } else { &["MAX"] };
    check_constants(resolver, union.branches.iter().map(|branch| &branch.name), reserved);
}

/// Up to 2.5 the constants were made in a way of their own, and had a few names among them already.
fn check_constants<'n>(
    resolver: &mut Resolver<'_>,
    names: impl Iterator<Item = &'n Named>,
    reserved: &[&'n str],
) {
    let old = resolver.era.constants_clash();
    let mut seen: HashMap<String, &str> = HashMap::new();
    seen.extend(reserved.iter().filter(|_| old).map(|name| ((*name).to_owned(), *name)));
    for named in names {
        let key = if old { constant(&named.name) } else { c_name(&named.name) };
        if let Some(first) = seen.insert(key, &named.name) {
            let message = format!("the value '{}' clashes with '{first}'", named.name);
            resolver.faults.push(named.span, message);
        }
    }
}

/// `AbCd` as `AB_CD`.
fn constant(name: &str) -> String {
    let symbols: Vec<char> = c_name(name).chars().collect();
    let is = |at: usize, fits: fn(&char) -> bool| symbols.get(at).is_some_and(fits);
    if !symbols.iter().any(char::is_ascii_lowercase) && symbols.iter().any(char::is_ascii_uppercase) {
        return symbols.iter().collect();
    }
    let mut out = String::new();
    for (at, symbol) in symbols.iter().enumerate() {
        let begins = at > 0 && symbol.is_ascii_uppercase() && symbols[at - 1] != '_';
        if begins && (is(at + 1, char::is_ascii_lowercase) || symbols[at - 1].is_ascii_digit()) {
            out.push('_');
        }
        out.push(symbol.to_ascii_uppercase());
    }
    out.trim_start_matches('_').to_owned()
}

/// Own members must differ in C from each other and from those of the bases.
pub(super) fn check_members(resolver: &mut Resolver<'_>, base: Option<&Named>, members: &[MemberDef]) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    let mut next = base;
    while let Some(Body::Struct { base, members }) =
        next.and_then(|named| resolver.definition(&named.name)).map(|known| &known.body)
    {
        for member in members {
            seen.insert(key(resolver, &member.name.name), &member.name.name);
        }
        next = base.as_ref();
    }
    for member in members {
        if let Some(first) = seen.insert(key(resolver, &member.name.name), &member.name.name) {
            let message = format!("the member '{}' clashes with '{first}'", member.name.name);
            resolver.faults.push(member.name.span, message);
        }
    }
}

/// What two members may not have in common.
fn key(resolver: &Resolver<'_>, name: &str) -> String {
    if resolver.era.names_clash_in_c() { c_name(name) } else { name.to_owned() }
}

/// The members of each branch must differ from those of the union.
pub(super) fn check_branches(resolver: &mut Resolver<'_>, union: &UnionDef, members: &[Member]) {
    let names: HashSet<String> = members.iter().map(|member| key(resolver, &member.name)).collect();
    for branch in &union.branches {
        let mut seen = names.clone();
        if let Some(clash) = first_clash(resolver, type_name(&branch.ty), &mut seen, 0) {
            let message = format!(
                "the member '{clash}' of the branch '{}' clashes with one of the union",
                branch.name.name
            );
            resolver.faults.push(branch.name.span, message);
        }
    }
}

/// The first member of a type that is in `seen`, to which they are added.
fn first_clash(
    resolver: &Resolver<'_>,
    name: &str,
    seen: &mut HashSet<String>,
    depth: usize,
) -> Option<String> {
    if depth > DEPTH_MAX {
        return None;
    }
    let mut clash = None;
    let mut take = |members: &[MemberDef], seen: &mut HashSet<String>| {
        let twice = members.iter().find(|member| !seen.insert(key(resolver, &member.name.name)));
        clash = clash.take().or(twice.map(|member| member.name.name.clone()));
    };
    match &resolver.definition(name)?.body {
        Body::Struct { base, members } => {
            take(members, seen);
            clash.or_else(|| first_clash(resolver, &base.as_ref()?.name, seen, depth + 1))
        }
        Body::Union(union) => {
            if let Data::Inline(members) = &union.base {
                take(members, seen);
            }
            if clash.is_some() {
                return clash;
            }
            if let Data::Name(base) = &union.base {
                clash = first_clash(resolver, &base.name, seen, depth + 1);
            }
            let mut branches = union.branches.iter();
            clash.or_else(|| {
                branches.find_map(|branch| {
                    first_clash(resolver, type_name(&branch.ty), &mut seen.clone(), depth + 1)
                })
            })
        }
        _ => None,
    }
}

/// What JSON tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum JsonType {
    String,
    Integer,
    Number,
    Boolean,
    Null,
    Object,
    Array,
}

/// The choices must be of different JSON types, also where all values come as strings.
pub(super) fn check_choices(resolver: &mut Resolver<'_>, choices: &[MemberDef]) {
    check_constants(resolver, choices.iter().map(|choice| &choice.name), &["MAX"]);
    let mut seen: HashMap<JsonType, &str> = HashMap::new();
    for choice in choices {
        let Some((own, also)) = json_types(resolver, &choice.ty) else {
            let known = resolver.named_quietly(&choice.ty);
            if known {
                let message = format!("'{}' cannot be one of several types", type_name(&choice.ty));
                resolver.faults.push(choice.name.span, message);
            }
            continue;
        };
        for one in std::iter::once(own).chain(also) {
            if let Some(first) = seen.insert(one, &choice.name.name) {
                let message = format!("the choice '{}' cannot be told from '{first}'", choice.name.name);
                resolver.faults.push(choice.name.span, message);
                break;
            }
        }
    }
}

impl Resolver<'_> {
    /// Whether the type exists.
    fn named_quietly(&mut self, reference: &TypeRef) -> bool {
        let told = self.faults.found.len();
        let known = self.reference(reference).is_some();
        self.faults.found.truncate(told);
        known
    }
}

/// The JSON type of a choice, and those that its strings can be taken for; `None` where it has no one type.
fn json_types(resolver: &Resolver<'_>, reference: &TypeRef) -> Option<(JsonType, Vec<JsonType>)> {
    let own = match reference {
        TypeRef::Array(_) => JsonType::Array,
        TypeRef::Inline(_) => JsonType::Object,
        TypeRef::Broken => return None,
        TypeRef::Name(named) => match named.name.as_str() {
            "str" if resolver.era.choices_differ_as_strings() => {
                return Some((JsonType::String, vec![JsonType::Number, JsonType::Boolean]));
            }
            "str" => JsonType::String,
            "bool" => JsonType::Boolean,
            "null" => JsonType::Null,
            "any" => return None,
            "QType" => JsonType::String,
            name => match resolver.definition(name).map(|known| &known.body) {
                Some(Body::Struct { .. } | Body::Union(_)) => JsonType::Object,
                Some(Body::Enum(values)) => return Some((JsonType::String, looks_like(resolver, values))),
                Some(_) => return None,
                None if name != "number" && is_number(name) && resolver.era.tells_integers() => {
                    JsonType::Integer
                }
                None if is_number(name) => JsonType::Number,
                None => return None,
            },
        },
    };
    Some((own, Vec::new()))
}

fn is_number(name: &str) -> bool {
    let bare = name.trim_start_matches('u').trim_end_matches(|digit: char| digit.is_ascii_digit());
    name == "number" || name == "size" || bare == "int"
}

/// What the values of an enumeration look like where all values come as strings.
fn looks_like(resolver: &Resolver<'_>, values: &[ValueDef]) -> Vec<JsonType> {
    if !resolver.era.choices_differ_as_strings() {
        return Vec::new();
    }
    let is = |fits: fn(&str) -> bool| values.iter().any(|value| fits(&value.name.name));
    let boolean = is(|name| name == "on" || name == "off").then_some(JsonType::Boolean);
    let number = is(|name| name.starts_with(|first: char| first.is_ascii_digit() || "-+.".contains(first)));
    boolean.into_iter().chain(number.then_some(JsonType::Number)).collect()
}

/// A comment describes what there is, and each feature is described.
pub(super) fn check_doc(resolver: &mut Resolver<'_>, definition: &Definition) {
    let Some(doc) = &definition.doc else { return };
    let returns = matches!(&definition.body, Body::Command(command) if command.returns.is_some());
    let is_command = matches!(definition.body, Body::Command(_));
    if let Some(span) = doc.returns.filter(|_| is_command && !returns && resolver.era.docs_are_strict()) {
        resolver.faults.push(span, "the command returns nothing that could be described");
    }
    let members: Vec<&MemberDef> = match &definition.body {
        Body::Struct { members, .. } | Body::Alternate(members) => members.iter().collect(),
        Body::Union(UnionDef { base: Data::Inline(members), .. }) => members.iter().collect(),
        Body::Command(command) => inline(&command.data),
        Body::Event { data, .. } => inline(data),
        Body::Enum(_) | Body::Union(_) => Vec::new(),
    };
    let takes = matches!(&definition.body, Body::Command(_) | Body::Event { .. });
    if takes && members.is_empty() && !resolver.era.docs_describe_all() {
        return;
    }
    let mut names: Vec<&Named> = members.iter().map(|member| &member.name).collect();
    let mut features: Vec<&Named> = definition.features.iter().collect();
    features.extend(members.iter().flat_map(|member| &member.features));
    if let Body::Enum(values) = &definition.body {
        names.extend(values.iter().map(|value| &value.name));
        features.extend(values.iter().flat_map(|value| &value.features));
    }
    let implicit = matches!(&definition.body, Body::Union(UnionDef { tag: None, .. }));
    let exists = |described: &String| {
        names.iter().any(|name| name.name == *described) || implicit && described == "type"
    };
    for (described, span) in doc.members.iter().filter(|(described, _)| !exists(described)) {
        resolver.faults.push(*span, format!("there is no member '{described}' to describe"));
    }
    for (described, span) in
        doc.features.iter().filter(|(described, _)| !features.iter().any(|f| f.name == *described))
    {
        resolver.faults.push(*span, format!("there is no feature '{described}' to describe"));
    }
    if resolver.era.features_need_docs() {
        for feature in
            features.iter().filter(|feature| !doc.features.iter().any(|(known, _)| *known == feature.name))
        {
            resolver.faults.push(feature.span, format!("the feature '{}' is not described", feature.name));
        }
    }
    if resolver.era.docs_are_strict() && !resolver.pragmas.excuses_docs(&definition.name.name) {
        for name in names.iter().filter(|name| !doc.members.iter().any(|(known, _)| *known == name.name)) {
            resolver.faults.push(name.span, format!("'{}' is not described", name.name));
        }
    }
}

fn inline(data: &Data) -> Vec<&MemberDef> {
    if let Data::Inline(members) = data { members.iter().collect() } else { Vec::new() }
}

/// The features of a schema are bits of one number.
pub(super) fn check_features(resolver: &mut Resolver<'_>) {
    if !resolver.era.limits_features() {
        return;
    }
    // These two are always there.
    let mut seen: HashSet<&str> = HashSet::from(["deprecated", "unstable"]);
    for definition in resolver.definitions {
        let inner: Vec<&Named> = match &definition.body {
            Body::Enum(values) => values.iter().flat_map(|value| &value.features).collect(),
            Body::Struct { members, .. } => members.iter().flat_map(|member| &member.features).collect(),
            Body::Command(command) => inline_features(&command.data),
            Body::Event { data, .. } => inline_features(data),
            Body::Union(_) | Body::Alternate(_) => Vec::new(),
        };
        for feature in definition.features.iter().chain(inner) {
            if seen.insert(&feature.name) && seen.len() == FEATURES_MAX + 1 {
                let message = format!("a schema has {FEATURES_MAX} different features at most");
                resolver.faults.push(feature.span, message);
            }
        }
    }
}

fn inline_features(data: &Data) -> Vec<&Named> {
    inline(data).into_iter().flat_map(|member| &member.features).collect()
}
