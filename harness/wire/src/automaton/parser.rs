//! Tokens against the grammar, one at a time, up to a value or the first error (`json-parser.c`). Does not recurse.
//! Knows nothing of balance or limits: the streamer begins and abandons texts.

use super::build::Build;
use super::desc::Desc;
use super::lexer::Kind;

/// What comes of a token.
pub(super) type Fallible<T> = Result<T, Desc>;

/// What the next token may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expect {
    Value,
    ElementOrClose,
    KeyOrClose,
    Key,
    Colon,
    CommaOrClose,
}

pub(super) const NO_KEY: &str = "key is not a string in object";

/// One text, as far as it has been read.
#[derive(Debug)]
pub(super) struct Parser<B> {
    build: B,
    expect: Expect,
    /// A container where a key is due is refused at once.
    prompt: bool,
}

impl<B: Build> Parser<B> {
    /// At the beginning of a text.
    pub fn new(prompt: bool) -> Parser<B> {
        Parser { build: B::default(), expect: Expect::Value, prompt }
    }

    /// What the next token may be.
    pub fn expects(&self) -> Expect {
        self.expect
    }

    /// Takes the next token; gives the value out with the token that completes it, and is then at the beginning
    /// of another text.
    ///
    /// # Errors
    /// The token does not fit. The text is lost: the parser must be made anew.
    #[inline]
    pub fn feed(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<B::Value>> {
        // Most tokens complete nothing, and the fewer words are moved for them the better.
        match (self.expect, kind) {
            (Expect::Colon, Kind::Mark(b':')) => {
                self.expect = Expect::Value;
                return Ok(None);
            }
            (Expect::CommaOrClose, Kind::Mark(b',')) => {
                let in_object = self.build.in_object() == Some(true);
                self.expect = if in_object { Expect::Key } else { Expect::Value };
                return Ok(None);
            }
            (Expect::Key | Expect::KeyOrClose, Kind::Text) => {
                self.build.name(text)?;
                self.expect = Expect::Colon;
                return Ok(None);
            }
            _ => {}
        }
        self.complete(kind, text)
    }

    fn complete(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<B::Value>> {
        let value = match (self.expect, kind) {
            (Expect::ElementOrClose, Kind::Mark(b']')) | (Expect::KeyOrClose, Kind::Mark(b'}')) => {
                self.build.close()
            }
            (Expect::Value | Expect::ElementOrClose, _) => self.value(kind, text)?,
            (Expect::Key | Expect::KeyOrClose, _) => self.no_name(kind, text)?,
            (Expect::Colon, _) => return error("missing : in object pair"),
            (Expect::CommaOrClose, _) => self.close_by(kind)?,
        };
        let Some(value) = value else { return Ok(None) };
        let whole = self.build.attach(value)?;
        self.expect = if whole.is_some() { Expect::Value } else { Expect::CommaOrClose };
        Ok(whole)
    }

    /// A scalar; `None` when a container was opened instead.
    fn value(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<B::Value>> {
        match (kind, text) {
            (Kind::Mark(b'{'), _) => {
                self.build.open(true);
                self.expect = Expect::KeyOrClose;
                Ok(None)
            }
            (Kind::Mark(b'['), _) => {
                self.build.open(false);
                self.expect = Expect::ElementOrClose;
                Ok(None)
            }
            (Kind::Text, _) => B::text(text).map(Some),
            (Kind::Number, _) => {
                B::number(text).map_or_else(|| error("invalid number"), |made| Ok(Some(made)))
            }
            (Kind::Keyword, b"true") => Ok(Some(B::constant(Some(true)))),
            (Kind::Keyword, b"false") => Ok(Some(B::constant(Some(false)))),
            (Kind::Keyword, b"null") => Ok(Some(B::constant(None))),
            (Kind::Keyword, _) => Err(Desc::keyword(text)),
            _ => error("expecting value"),
        }
    }

    /// QEMU 3.1 to 10 read any value where a key is due, and see only then that it is none.
    fn no_name(&mut self, kind: Kind, text: &[u8]) -> Fallible<Option<B::Value>> {
        match self.value(kind, text)? {
            None if !self.prompt => Ok(None),
            _ => error(NO_KEY),
        }
    }

    fn close_by(&mut self, kind: Kind) -> Fallible<Option<B::Value>> {
        match (self.build.in_object(), kind) {
            (Some(false), Kind::Mark(b']')) | (Some(true), Kind::Mark(b'}')) => Ok(self.build.close()),
            (Some(false), _) => error("expected separator in list"),
            _ => error("expected separator in dict"),
        }
    }
}

/// The error of a text.
pub(super) fn error<T>(what: &'static str) -> Fallible<T> {
    Err(Desc::syntax(what))
}
