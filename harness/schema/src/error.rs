//! Why a schema could not be loaded. Every error names the file and, where the text is at fault, the place.

/// A schema that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The text is no JSON, or JSON of another shape.
    #[error("{file}:{line}:{column}: {message}")]
    Json {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A reference to something that is not there.
    #[error("{file}: '{entity}' refers to '{name}', which is not declared")]
    Dangling {
        /// The file.
        file: String,
        /// Who refers.
        entity: String,
        /// To what.
        name: String,
    },
    /// Two entities of one name.
    #[error("{file}: '{name}' is declared twice")]
    Duplicate {
        /// The file.
        file: String,
        /// The name.
        name: String,
    },
    /// An entity of an unknown kind.
    #[error("{file}: '{entity}' has the meta-type '{meta_type}', which is none")]
    MetaType {
        /// The file.
        file: String,
        /// The entity.
        entity: String,
        /// Its meta-type.
        meta_type: String,
    },
    /// An entity lacks what its meta-type needs.
    #[error("{file}: '{entity}' lacks a member that its meta-type needs")]
    Incomplete {
        /// The file.
        file: String,
        /// The entity.
        entity: String,
    },
    /// A reference to a type of a kind that cannot stand there.
    #[error("{file}: '{entity}' refers to '{name}', which is no object type")]
    NoObject {
        /// The file.
        file: String,
        /// Who refers.
        entity: String,
        /// To what.
        name: String,
    },
    /// Lists of lists, deeper than any schema has them, or without end.
    #[error("{file}: '{entity}' is a list of lists of lists, deeper than {limit}")]
    Deep {
        /// The file.
        file: String,
        /// The outermost.
        entity: String,
        /// How deep they may be.
        limit: usize,
    },
    /// JSON, but no schema in it.
    #[error(
        "{file}: none of its {documents} JSON documents is a reply of query-qmp-schema or a schema in our own format"
    )]
    NoSchema {
        /// The file.
        file: String,
        /// How many documents there are.
        documents: usize,
    },
    /// A schema in our own format, of a version that this tool does not know.
    #[error("{file}: this is format version {found}; known is {known}")]
    FormatVersion {
        /// The file.
        file: String,
        /// What it says.
        found: u32,
        /// What we know.
        known: u32,
    },
}

impl LoadError {
    pub(crate) fn json(file: &str, text: &str, error: &serde_json::Error) -> LoadError {
        let at_end = error.is_eof() && text.trim().is_empty();
        let message = if at_end { "the file is empty".to_owned() } else { error.to_string() };
        // serde_json repeats the place at the end of its message.
        let message = message.rsplit_once(" at line ").map_or(&*message, |(what, _)| what).to_owned();
        LoadError::Json { file: file.to_owned(), line: error.line(), column: error.column(), message }
    }

    pub(crate) fn dangling(file: &str, entity: &str, name: &str) -> LoadError {
        LoadError::Dangling { file: file.to_owned(), entity: entity.to_owned(), name: name.to_owned() }
    }

    pub(crate) fn no_object(file: &str, entity: &str, name: &str) -> LoadError {
        LoadError::NoObject { file: file.to_owned(), entity: entity.to_owned(), name: name.to_owned() }
    }

    pub(crate) fn deep(file: &str, entity: &str, limit: usize) -> LoadError {
        LoadError::Deep { file: file.to_owned(), entity: entity.to_owned(), limit }
    }

    pub(crate) fn duplicate(file: &str, name: &str) -> LoadError {
        LoadError::Duplicate { file: file.to_owned(), name: name.to_owned() }
    }

    pub(crate) fn meta_type(file: &str, entity: &str, meta_type: &str) -> LoadError {
        LoadError::MetaType {
            file: file.to_owned(),
            entity: entity.to_owned(),
            meta_type: meta_type.to_owned(),
        }
    }

    pub(crate) fn incomplete(file: &str, entity: &str) -> LoadError {
        LoadError::Incomplete { file: file.to_owned(), entity: entity.to_owned() }
    }
}
