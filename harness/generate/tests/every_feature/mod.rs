//! A small schema in which every feature of the model occurs, and the builder to write others with.

use qmprobe_schema::{
    Alternate, Branch, Builtin, Command, EnumType, EnumValue, Features, Member, Object, Schema, TypeDef,
    TypeId, TypeKind, Variants,
};

/// Every builtin type.
pub const BUILTINS: [Builtin; 15] = [
    Builtin::Str,
    Builtin::Integer,
    Builtin::Int8,
    Builtin::Int16,
    Builtin::Int32,
    Builtin::Int64,
    Builtin::Uint8,
    Builtin::Uint16,
    Builtin::Uint32,
    Builtin::Uint64,
    Builtin::Size,
    Builtin::Number,
    Builtin::Bool,
    Builtin::Null,
    Builtin::Any,
];

/// Writes a schema down.
#[derive(Default)]
pub struct Writer {
    pub schema: Schema,
}

impl Writer {
    pub fn ty(&mut self, kind: TypeKind) -> TypeId {
        self.schema.types.push(TypeDef { name: None, kind, features: Features::default(), condition: None });
        TypeId(self.schema.types.len() as u32 - 1)
    }

    pub fn builtin(&mut self, builtin: Builtin) -> TypeId {
        self.ty(TypeKind::Builtin(builtin))
    }

    pub fn enumeration(&mut self, values: &[&str]) -> TypeId {
        let value = |name: &&str| EnumValue { name: (*name).to_owned(), ..EnumValue::default() };
        self.ty(TypeKind::Enum(EnumType { values: values.iter().map(value).collect() }))
    }

    pub fn alternate(&mut self, choices: &[TypeId]) -> TypeId {
        self.ty(TypeKind::Alternate(Alternate { choices: choices.to_vec() }))
    }

    /// A struct; a name that begins with `*` is an optional member.
    pub fn object(&mut self, members: &[(&str, TypeId)]) -> TypeId {
        self.ty(object(members, None))
    }

    pub fn union(&mut self, members: &[(&str, TypeId)], tag: &str, branches: &[(&str, TypeId)]) -> TypeId {
        self.ty(object(members, Some((tag, branches))))
    }

    /// Gives the type at `at` another definition, for types that name themselves.
    pub fn redefine(&mut self, at: TypeId, kind: TypeKind) {
        self.schema.types[at.0 as usize].kind = kind;
    }

    pub fn command(&mut self, name: &str, arguments: Option<TypeId>) -> &mut Command {
        let commands = &mut self.schema.commands;
        let at = commands.partition_point(|command| command.name.as_str() < name);
        let command = Command {
            name: name.to_owned(),
            arguments,
            returns: None,
            allow_oob: false,
            allow_preconfig: None,
            success_response: true,
            marshalled: true,
            features: Features::default(),
            condition: None,
        };
        commands.insert(at, command);
        &mut commands[at]
    }
}

pub fn object(members: &[(&str, TypeId)], variants: Option<(&str, &[(&str, TypeId)])>) -> TypeKind {
    let member = |(name, ty): &(&str, TypeId)| Member {
        name: name.trim_start_matches('*').to_owned(),
        ty: *ty,
        optional: name.starts_with('*'),
        features: Features::default(),
        condition: None,
    };
    let branch =
        |(value, ty): &(&str, TypeId)| Branch { value: (*value).to_owned(), ty: *ty, condition: None };
    TypeKind::Object(Object {
        members: members.iter().map(member).collect(),
        variants: variants.map(|(tag, branches)| Variants {
            tag: tag.to_owned(),
            branches: branches.iter().map(branch).collect(),
        }),
    })
}

pub fn schema() -> Schema {
    let mut w = Writer::default();
    let text = w.builtin(Builtin::Str);
    let integer = w.builtin(Builtin::Integer);
    let small = w.builtin(Builtin::Uint8);
    let null = w.builtin(Builtin::Null);
    let flag = w.builtin(Builtin::Bool);

    scalars(&mut w);

    let colour = w.enumeration(&["red", "green", "blue"]);
    let depth_kind = w.enumeration(&["deep", "flat"]);
    let kind = w.enumeration(&["plain", "nested", "empty", "unlisted"]);
    let plain = w.object(&[("file-name", text), ("*size", integer), ("*colour", colour)]);
    let deep = w.object(&[("level", small), ("*note", text), ("*extra", flag)]);
    let nested = w.union(&[("depth", depth_kind), ("*hint", text)], "depth", &[("deep", deep)]);
    let nothing = w.object(&[]);
    let union = w.union(
        &[("name", text), ("kind", kind), ("*read-only", flag)],
        "kind",
        &[("plain", plain), ("nested", nested), ("empty", nothing)],
    );
    w.command("union-add", Some(union));

    let reference = w.alternate(&[text, union, null]);
    let number_or_list = {
        let list = w.ty(TypeKind::Array(integer));
        w.alternate(&[small, list])
    };
    let colours = w.ty(TypeKind::Array(colour));
    let unions = w.ty(TypeKind::Array(union));
    let containers = w.object(&[
        ("reference", reference),
        ("*other", number_or_list),
        ("colours", colours),
        ("*actions", unions),
        ("*inner", plain),
    ]);
    w.command("containers", Some(containers));

    let tree = w.object(&[]);
    let trees = w.ty(TypeKind::Array(tree));
    let tree_or_name = w.alternate(&[tree, text]);
    w.redefine(
        tree,
        object(&[("name", text), ("*left", tree), ("children", trees), ("*alias", tree_or_name)], None),
    );
    w.command("tree-grow", Some(tree));

    let endless = w.object(&[]);
    w.redefine(endless, object(&[("again", endless)], None));
    let unending = w.object(&[("*maybe", endless), ("*flag", flag), ("*word", text)]);
    w.command("all-optional", Some(unending));
    w.command("impossible", Some(endless));
    w.command("no-arguments", None);
    w.command("unchecked", Some(plain)).marshalled = false;
    w.schema
}

/// A command with every builtin type as a mandatory member, and one as an optional member and in a list.
fn scalars(w: &mut Writer) {
    let ids: Vec<TypeId> = BUILTINS.iter().map(|builtin| w.builtin(*builtin)).collect();
    let lists: Vec<TypeId> = ids.iter().map(|id| w.ty(TypeKind::Array(*id))).collect();
    let names: Vec<String> =
        BUILTINS.iter().enumerate().map(|(at, b)| format!("{}-{at}", b.name())).collect();
    let optional: Vec<String> = names.iter().map(|name| format!("*maybe-{name}")).collect();
    let listed: Vec<String> = names.iter().map(|name| format!("*list-{name}")).collect();
    let members = |names: &[String], ids: &[TypeId]| -> Vec<(String, TypeId)> {
        names.iter().cloned().zip(ids.iter().copied()).collect()
    };
    for (command, members) in [
        ("scalars-mandatory", members(&names, &ids)),
        ("scalars-optional", members(&optional, &ids)),
        ("scalars-listed", members(&listed, &lists)),
    ] {
        let members: Vec<(&str, TypeId)> = members.iter().map(|(name, ty)| (name.as_str(), *ty)).collect();
        let arguments = w.object(&members);
        w.command(command, Some(arguments));
    }
}
