//! A small schema with one of everything, built by hand.

use qmprobe_schema::*;

/// Builds types in order and hands out their ids.
#[derive(Default)]
pub struct Builder {
    pub schema: Schema,
}

impl Builder {
    pub fn add(&mut self, kind: TypeKind) -> TypeId {
        self.schema.types.push(TypeDef { name: None, kind, features: Features::default(), condition: None });
        TypeId(self.schema.types.len() as u32 - 1)
    }

    pub fn builtin(&mut self, builtin: Builtin) -> TypeId {
        self.add(TypeKind::Builtin(builtin))
    }

    pub fn enumeration(&mut self, names: &[&str]) -> TypeId {
        let value = |name: &&str| EnumValue { name: (*name).to_owned(), ..EnumValue::default() };
        self.add(TypeKind::Enum(EnumType { values: names.iter().map(value).collect() }))
    }

    pub fn object(&mut self, members: Vec<Member>, variants: Option<Variants>) -> TypeId {
        self.add(TypeKind::Object(Object { members, variants }))
    }

    pub fn command(&mut self, name: &str, arguments: Option<TypeId>, returns: Option<TypeId>) {
        self.schema.commands.push(Command {
            name: name.to_owned(),
            arguments,
            returns,
            allow_oob: name.starts_with("oob"),
            allow_preconfig: None,
            success_response: name != "guest-shutdown",
            marshalled: name != "device_add",
            features: Features::default(),
            condition: None,
        });
        self.schema.commands.sort_by(|a, b| a.name.cmp(&b.name));
    }
}

/// A mandatory member.
pub fn member(name: &str, ty: TypeId) -> Member {
    Member { name: name.to_owned(), ty, optional: false, features: Features::default(), condition: None }
}

/// An optional member.
pub fn optional(name: &str, ty: TypeId) -> Member {
    Member { optional: true, ..member(name, ty) }
}

/// A command `all` whose arguments and return value have one of everything, and what a session needs.
pub fn sample() -> Schema {
    let mut b = Builder::default();
    let text = b.builtin(Builtin::Str);
    let small = b.builtin(Builtin::Uint8);
    let size = b.builtin(Builtin::Size);
    let flag = b.builtin(Builtin::Bool);
    let real = b.builtin(Builtin::Number);
    let nothing = b.builtin(Builtin::Null);
    let any = b.builtin(Builtin::Any);
    let colour = b.enumeration(&["red", "green", "blue"]);
    let list = b.add(TypeKind::Array(small));
    let choice = b.add(TypeKind::Alternate(Alternate { choices: vec![text, nothing] }));
    let inner = b.object(vec![member("depth", small)], None);
    let hue = b.object(vec![member("hue", small), optional("note", text)], None);
    let branch = Branch { value: "red".to_owned(), ty: hue, condition: None };
    let variants = Some(Variants { tag: "colour".to_owned(), branches: vec![branch] });
    let union = b.object(vec![member("colour", colour)], variants);
    let all = vec![
        member("name", text),
        optional("small", small),
        optional("size", size),
        optional("flag", flag),
        optional("real", real),
        optional("any", any),
        optional("list", list),
        optional("choice", choice),
        optional("inner", inner),
        optional("union", union),
    ];
    let all = b.object(all, None);
    let capability = b.enumeration(&["oob"]);
    let capabilities = b.add(TypeKind::Array(capability));
    let enable = b.object(vec![optional("enable", capabilities)], None);
    b.command("qmp_capabilities", Some(enable), None);
    b.command("query-status", None, Some(inner));
    b.command("all", Some(all), Some(all));
    b.command("oob-poke", None, None);
    let mode = b.object(vec![optional("mode", text)], None);
    b.command("guest-shutdown", Some(mode), None);
    b.command("device_add", Some(inner), None);
    b.schema
}
