//! What is wrong with a text that is no scenario: every problem with its place, told together.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;
use std::ops::Range;
use thiserror::Error;

/// Problems told of one file; a file with more is no scenario at all.
pub const PROBLEMS_MAX: usize = 20;

/// One problem of a text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Problem {
    /// A line that begins with no word of the notation.
    #[error("`{word}` begins no line of a scenario")]
    Word {
        /// The word.
        word: String,
    },
    /// A header line of an unknown name.
    #[error("there is no header line `{key}:`")]
    Key {
        /// The name.
        key: String,
    },
    /// A header line after the conversation has begun.
    #[error("`{key}:` belongs above the first line of the conversation")]
    LateHeader {
        /// The name.
        key: String,
    },
    /// A header line that is there already.
    #[error("`{key}:` is said twice")]
    Twice {
        /// The name.
        key: String,
    },
    /// A header line that has to be there.
    #[error("the header lacks `{key}:`")]
    Lacking {
        /// The name.
        key: &'static str,
    },
    /// A value that is none of those a header line may have.
    #[error("`{value}` is no {what}")]
    Value {
        /// The value.
        value: String,
        /// What it should be.
        what: &'static str,
    },
    /// What follows `<-` or `event` is no value.
    #[error("{what}")]
    Pattern {
        /// What is wrong.
        what: &'static str,
    },
    /// What follows `=>` is no bytes.
    #[error(
        "bytes are pairs of hexadecimal digits, or text in quotes with \\xNN, \\r, \\n, \\t and \\\\; `*3` behind \
         either sends it three times"
    )]
    Bytes,
    /// What follows `=>` is more than may be sent at once.
    #[error("at most {} MiB are sent at once", qmprobe_wire::payload::BYTES_MAX >> 20)]
    TooManyBytes,
    /// What follows a word is not what belongs there.
    #[error("write `{form}`")]
    Form {
        /// How the line is written.
        form: &'static str,
    },
    /// A name that nothing has been captured under.
    #[error("nothing was captured as `${name}` above")]
    Unbound {
        /// The name.
        name: String,
    },
    /// A file that no `scratch` line makes.
    #[error("no `scratch` line makes `{name}`")]
    NoProp {
        /// The name.
        name: String,
    },
    /// A name that no file of the scratch directory may have.
    #[error(
        "`{name}` is no name for the scratch directory: letters, digits, `-`, `_` and `.`, not at the start"
    )]
    PropName {
        /// The name.
        name: String,
    },
    /// `scratch` after the conversation has begun.
    #[error("what lies in the scratch directory is made before the peer starts: put this line first")]
    LateProp,
    /// `@name` before something that concerns no connection.
    #[error("this concerns no client")]
    NotOfAClient,
    /// A continuation of nothing.
    #[error("this line begins with a space and continues nothing")]
    Dangling,
    /// A captured part of nothing.
    #[error("`capture` has no message above it")]
    NothingToCapture,
    /// A scenario that says nothing.
    #[error("nothing is said")]
    Empty,
    /// More than there may be of something.
    #[error("too large: {what}")]
    TooLarge {
        /// Of what.
        what: &'static str,
    },
}

/// A problem in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located {
    /// The bytes of the text that are at fault.
    pub span: Range<usize>,
    /// What is wrong.
    pub problem: Problem,
    /// What to write instead.
    pub suggestion: Option<Suggestion>,
}

/// What to write instead, found out when it is shown: most texts that are no scenarios are read by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Suggestion {
    /// This.
    Words(&'static str),
    /// The known word most like the one given, where one is alike.
    Alike {
        /// The word.
        given: String,
        /// Those that there are.
        known: Vocabulary,
    },
    /// The same; where none is alike, all of them.
    OneOf {
        /// The word.
        given: String,
        /// Those that there are.
        known: Vec<&'static str>,
    },
}

/// The words that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Vocabulary {
    /// Those of the notation.
    Fixed(&'static [&'static str]),
    /// Names that a text gave, or its reader.
    Named(Vec<String>),
}

impl Suggestion {
    /// What is shown, if anything is.
    pub fn text(&self) -> Option<String> {
        match self {
            Suggestion::Words(words) => Some((*words).to_owned()),
            Suggestion::Alike { given, known: Vocabulary::Fixed(known) } => {
                did_you_mean(given, known.iter().copied())
            }
            Suggestion::Alike { given, known: Vocabulary::Named(known) } => {
                did_you_mean(given, known.iter().map(String::as_str))
            }
            Suggestion::OneOf { given, known } => {
                let all = || known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
                did_you_mean(given, known.iter().copied()).or_else(|| Some(format!("write {}", all())))
            }
        }
    }

    pub(crate) fn alike(given: &str, known: &'static [&'static str]) -> Suggestion {
        Suggestion::Alike { given: given.to_owned(), known: Vocabulary::Fixed(known) }
    }

    pub(crate) fn named<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Suggestion {
        let known = known.into_iter().map(str::to_owned).collect();
        Suggestion::Alike { given: given.to_owned(), known: Vocabulary::Named(known) }
    }
}

/// A text that is no scenario. Its display form shows the places in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadScenario {
    /// The file.
    pub file: String,
    /// Its text.
    pub text: String,
    /// What is wrong, in the order of the text.
    pub problems: Vec<Located>,
}

impl std::error::Error for BadScenario {}

impl fmt::Display for BadScenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<Group<'_>> = self.problems.iter().map(|located| self.group(located)).collect();
        f.write_str(&Renderer::plain().render(&groups))
    }
}

impl BadScenario {
    fn group<'a>(&'a self, located: &'a Located) -> Group<'a> {
        let title = Level::ERROR.primary_title(located.problem.to_string());
        let span = AnnotationKind::Primary.span(located.span.clone());
        let span = span.label(located.suggestion.as_ref().and_then(Suggestion::text));
        title.element(Snippet::source(self.text.as_str()).path(self.file.as_str()).annotation(span))
    }
}

/// `did you mean …?`: the known word most like `given`, where one is alike.
fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    /// Of Jaro and Winkler's measure: two letters swapped in a short word still count.
    const ALIKE: f64 = 0.75;
    let measured = known.into_iter().map(|word| (strsim::jaro_winkler(given, word), word));
    let best = measured.filter(|(alike, _)| *alike > ALIKE).max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, word)| format!("did you mean `{word}`?"))
}
