//! Finds the reply of `query-qmp-schema` in what people keep of a session: a log of all replies, a file of
//! commands and replies in turn, with blank lines or prompts between them.

use crate::error::LoadError;
use crate::introspection::{begins_as_schema, from_introspection};
use crate::model::Schema;
use serde::Deserialize;
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// How many beginnings of documents may turn out to be none. Each costs a look at the rest of the text.
const FALSE_STARTS_MAX: usize = 64;

#[derive(Deserialize)]
struct Reply<'a> {
    #[serde(rename = "return", borrow)]
    value: Option<&'a RawValue>,
}

/// Loads the first reply of `query-qmp-schema` among JSON documents that stand one after another. What
/// stands between them and is no JSON is passed over.
///
/// # Errors
/// When there is none, or it cannot be loaded.
pub fn from_replies(text: &str, file: &str) -> Result<Schema, LoadError> {
    // Most files hold the reply and nothing else.
    let sole = from_introspection(text, file);
    let Err(LoadError::Json { .. }) = sole else { return sole };
    let mut documents = Documents { text, file, at: 0, false_starts: 0, first_error: None };
    let mut count = 0;
    for document in &mut documents {
        count += 1;
        if list_in(document).is_some_and(begins_as_schema) {
            return from_introspection(document, file).map_err(|error| moved(error, text, document));
        }
    }
    match documents.first_error {
        Some(error) => Err(error),
        None if count > 1 => Err(LoadError::NoSchema { file: file.to_owned(), documents: count }),
        None => sole,
    }
}

/// The list in a document: itself, or what it returns.
fn list_in(document: &str) -> Option<&str> {
    if document.starts_with('[') {
        return Some(document);
    }
    let value = serde_json::from_str::<Reply<'_>>(document).ok()?.value?.get();
    value.starts_with('[').then_some(value)
}

/// An error's place in `part` becomes its place in the text of which that is a part.
fn moved(error: LoadError, text: &str, part: &str) -> LoadError {
    let LoadError::Json { file, line, column, message } = error else { return error };
    let before = &text[..part.as_ptr() as usize - text.as_ptr() as usize];
    let lines = before.bytes().filter(|byte| *byte == b'\n').count();
    let indent = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    let column = if line == 1 { column + indent } else { column };
    LoadError::Json { file, line: line + lines, column, message }
}

/// The JSON lists and objects of a text.
struct Documents<'a> {
    text: &'a str,
    file: &'a str,
    at: usize,
    false_starts: usize,
    first_error: Option<LoadError>,
}

impl<'a> Iterator for &mut Documents<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while self.false_starts < FALSE_STARTS_MAX {
            self.at += self.text[self.at..].find(['{', '['])?;
            let rest = &self.text[self.at..];
            let mut stream = Deserializer::from_str(rest).into_iter::<&RawValue>();
            match stream.next()? {
                Ok(document) => {
                    self.at += stream.byte_offset();
                    return Some(document.get());
                }
                Err(error) => {
                    self.false_starts += 1;
                    let error = moved(LoadError::json(self.file, rest, &error), self.text, rest);
                    self.first_error.get_or_insert(error);
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
            }
        }
        None
    }
}
