//! Documents of every kind through the loaders: no panic, a refusal says why and where, and what was loaded, printed
//! in our own format and loaded again is the same. The first byte chooses the loader and the version.

use crate::{Held, equal, is_shown, text};
use qmprobe_schema::{
    Provenance, Schema, SourceFiles, SourceOptions, from_own, from_source, load_text, same, scrape, to_own,
};
use std::io;
use std::path::Path;

/// Versions with rules of their own; none finds the version out.
const ERAS: &[&str] =
    &["", "1.1", "1.5", "1.7", "2.3", "2.12", "4.1", "5.2", "6.1", "7.2", "8.1", "9.0", "11.1"];
/// What the document is called.
const NAME: &str = "x.json";

/// The target.
///
/// # Errors
/// A refusal is without a word, or what was loaded does not survive printing.
pub fn body(data: &[u8]) -> Held {
    let Some((choice, document)) = data.split_first() else { return Ok(()) };
    let text = text(document);
    let (way, era) = (choice / ERAS.len() as u8, ERAS[usize::from(*choice) % ERAS.len()]);
    let loaded = match way % 4 {
        0 => load_text(&text, NAME).ok(),
        1 => source(&text, era, false)?,
        2 => source(&text, era, true)?,
        _ => source(&scrape::undo(&text).text, era, true)?,
    };
    loaded.map_or(Ok(()), |schema| survives(&schema))
}

/// A document alone in the world.
struct Alone<'t>(&'t str);

impl SourceFiles for Alone<'_> {
    fn read(&self, path: &Path) -> io::Result<String> {
        let there = path == Path::new(NAME);
        there.then(|| self.0.to_owned()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// The schema of QAPI source; nothing where it is refused in good order.
fn source(text: &str, era: &str, cut: bool) -> Result<Option<Schema>, String> {
    let options = SourceOptions { era: era.parse().ok(), partial: cut, ignore_docs: cut };
    let errors = match from_source(Path::new(NAME), &Alone(text), &options) {
        Ok(loaded) => return Ok(Some(loaded.schema)),
        Err(errors) => errors,
    };
    if errors.iter().len() == 0 || is_shown(text.as_bytes()) && errors.render(false).is_empty() {
        return Err("refused without a word".to_owned());
    }
    let lines = text.split('\n').count();
    match errors.iter().find(|error| error.line == 0 || error.line > lines || error.column == 0) {
        Some(error) => Err(format!("{error} is not in a text of {lines} lines")),
        None => Ok(None),
    }
}

/// Whether the schema is the same after it was printed and loaded.
fn survives(schema: &Schema) -> Held {
    let text = to_own(schema, &Provenance::default());
    let again = from_own(&text, NAME).map_err(|error| format!("what was printed is refused: {error}"))?;
    equal(&to_own(&again, &Provenance::default()), &text, "printed once more it is another text")?;
    same(&again, schema).map_err(|why| format!("printed and loaded it is another schema: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_schema::{Builtin, TypeDef, TypeId, TypeKind};

    #[test]
    fn what_does_not_survive_is_noticed() {
        let schema = |text| from_own(text, NAME).unwrap();
        let lamp =
            schema(r#"{"format":1,"commands":{"c":{"arguments":"A"}},"types":{"A":{"object":{"m":"str"}}}}"#);
        assert_eq!(survives(&lamp), Ok(()));
        let mut dangling = lamp.clone();
        dangling.commands[0].arguments = dangling.commands[0].arguments.map(|_| lamp_str(&lamp));
        assert!(survives(&dangling).is_err(), "arguments that are no object are refused");
        let mut twice = lamp;
        twice.commands.push(twice.commands[0].clone());
        assert!(survives(&twice).is_err(), "two commands of one name are printed as one");
    }

    fn lamp_str(schema: &Schema) -> TypeId {
        let is_text = |def: &TypeDef| def.kind == TypeKind::Builtin(Builtin::Str);
        TypeId(schema.types.iter().position(is_text).unwrap() as u32)
    }

    #[test]
    fn source_that_is_refused_says_where() {
        assert!(source("{ 'command': 'a' }\n{ 'comand': 'b' }\n", "7.2", false).unwrap().is_none());
        assert!(source("{ 'command': 'a' }\n", "7.2", true).unwrap().is_some());
    }
}
