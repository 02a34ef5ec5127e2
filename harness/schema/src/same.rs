//! Whether two schemas say the same, wherever their types stand and however often one of them does.

use crate::model::{Command, Event, Schema, TypeDef, TypeId, TypeKind};
use std::collections::{BTreeMap, HashSet};

/// Stands for a reference that is compared by what it leads to.
const ANYWHERE: TypeId = TypeId(0);

/// Whether two schemas say the same. What nothing leads to does not count, unless it has a name; nor does the name
/// of a builtin.
///
/// # Errors
/// In what they differ, for people who look for a bug.
pub fn same(a: &Schema, b: &Schema) -> Result<(), String> {
    if a.partial != b.partial {
        return Err("one of them is known to be cut".to_owned());
    }
    let mut pairs = Pairs::default();
    pairs.all(&a.commands, &b.commands, command)?;
    pairs.all(&a.events, &b.events, event)?;
    pairs.all(&named(a), &named(b), |(name, id)| (*name, vec![*id]))?;
    while let Some((one, other)) = pairs.todo.pop() {
        if pairs.seen.insert((one, other)) {
            pairs.pair(&shape(a.ty(one)), &shape(b.ty(other)))?;
        }
    }
    Ok(())
}

/// Types that are to be alike: what was compared, and what is to be.
#[derive(Default)]
struct Pairs {
    seen: HashSet<(TypeId, TypeId)>,
    todo: Vec<(TypeId, TypeId)>,
}

impl Pairs {
    fn all<'t, T, S>(
        &mut self,
        a: &'t [T],
        b: &'t [T],
        shape: impl Fn(&'t T) -> (S, Vec<TypeId>),
    ) -> Result<(), String>
    where
        S: PartialEq + std::fmt::Debug,
    {
        if a.len() != b.len() {
            return Err(format!("{} and {} of {}", a.len(), b.len(), std::any::type_name::<T>()));
        }
        a.iter().zip(b).try_for_each(|(a, b)| self.pair(&shape(a), &shape(b)))
    }

    /// Compares two things without what they refer to, and remembers to compare that.
    fn pair<S>(&mut self, a: &(S, Vec<TypeId>), b: &(S, Vec<TypeId>)) -> Result<(), String>
    where
        S: PartialEq + std::fmt::Debug,
    {
        if a.0 != b.0 || a.1.len() != b.1.len() {
            return Err(format!("{:?}\n{:?}", a.0, b.0));
        }
        self.todo.extend(a.1.iter().copied().zip(b.1.iter().copied()));
        Ok(())
    }
}

fn command(command: &Command) -> (Command, Vec<TypeId>) {
    let ids = command.arguments.into_iter().chain(command.returns).collect();
    let [arguments, returns] = [command.arguments, command.returns].map(|id| id.map(|_| ANYWHERE));
    (Command { arguments, returns, ..command.clone() }, ids)
}

fn event(event: &Event) -> (Event, Vec<TypeId>) {
    (Event { data: event.data.map(|_| ANYWHERE), ..event.clone() }, event.data.into_iter().collect())
}

/// The types with names of their own, by name.
fn named(schema: &Schema) -> Vec<(&str, TypeId)> {
    let of_its_own = |def: &&TypeDef| !matches!(def.kind, TypeKind::Builtin(_) | TypeKind::Array(_));
    let defs = schema.types.iter().zip(0..).filter(|(def, _)| of_its_own(def));
    let by_name: BTreeMap<&str, TypeId> =
        defs.filter_map(|(def, index)| Some((def.name.as_deref()?, TypeId(index)))).collect();
    by_name.into_iter().collect()
}

/// A type without what it refers to, and that.
fn shape(def: &TypeDef) -> (TypeDef, Vec<TypeId>) {
    let mut def = def.clone();
    let mut ids = Vec::new();
    let mut out = |id: &mut TypeId| ids.push(std::mem::replace(id, ANYWHERE));
    match &mut def.kind {
        TypeKind::Array(element) => out(element),
        TypeKind::Object(object) => {
            object.members.iter_mut().for_each(|member| out(&mut member.ty));
            let branches = object.variants.iter_mut().flat_map(|variants| &mut variants.branches);
            branches.for_each(|branch| out(&mut branch.ty));
        }
        TypeKind::Alternate(alternate) => alternate.choices.iter_mut().for_each(&mut out),
        TypeKind::Builtin(_) => def.name = None,
        TypeKind::Enum(_) => {}
    }
    (def, ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::own::from_own;

    const LAMP: &str = r#"{"format":1,"commands":{"c":{"arguments":"A"}},"events":{"V":{}},
        "types":{"A":{"object":{"m":"str","n?":"[A]"}},"B":{"enum":["b","d"]}}}"#;

    fn read(text: &str) -> Schema {
        from_own(text, "x").unwrap()
    }

    #[test]
    fn a_difference_anywhere_is_told() {
        let changes = [
            ("\"m\"", "\"o\""),
            ("n?", "n"),
            ("[A]", "A"),
            ("\"str\"", "\"int8\""),
            ("\"c\"", "\"d\""),
            ("\"b\"", "\"e\""),
            ("\"B\"", "\"C\""),
            ("{}}", "{\"data\":\"A\"}}"),
            (":1,", ":1,\"partial\":true,"),
        ];
        assert_eq!(same(&read(LAMP), &read(LAMP)), Ok(()));
        for (from, to) in changes {
            assert!(same(&read(LAMP), &read(&LAMP.replacen(from, to, 1))).is_err(), "{from} -> {to}");
        }
    }

    #[test]
    fn where_a_type_stands_and_how_often_is_no_difference() {
        let mut schema = read(LAMP);
        let text =
            schema.types.iter().position(|def| def.kind == TypeKind::Builtin(crate::Builtin::Str)).unwrap();
        let again = TypeId(schema.types.len() as u32);
        schema.types.push(TypeDef { name: Some("str".to_owned()), ..schema.types[text].clone() });
        for def in &mut schema.types {
            if let TypeKind::Object(object) = &mut def.kind {
                object.members[0].ty = again;
            }
        }
        assert_ne!(schema, read(LAMP));
        assert_eq!(same(&schema, &read(LAMP)), Ok(()));
    }
}
