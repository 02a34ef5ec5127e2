//! QEMU's input automaton: for any bytes, the exact list of values and errors its parser makes of them.
//! Source: QEMU `qobject/json-lexer.c`, `json-streamer.c`, `json-parser.c` (3.1 and later).

mod build;
mod desc;
mod lexer;
mod parser;
mod streamer;
mod stretch;
mod string;

use crate::value::Value;
use crate::version::Version;
pub use build::{Build, Outline, Whole};
pub use desc::Desc;
use streamer::Streamer;

/// Which automaton a peer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// QEMU 3.1 to 10.x: a syntax error is told when the brackets balance, a limit drops what was read.
    V3_1,
    /// QEMU 11: any error is told at its token, and what follows it passes in silence until the brackets
    /// balance or a lexical error resynchronises.
    V11,
    /// Anybody's. Where a text ends is taken to be as in [`Model::V3_1`], but how many errors a defect gives is
    /// left open: errors in a row are one outcome, for which one reply or more may come.
    Tolerant,
    /// The same of a server that shows in how it counts errors that it hands its input to a JSON library: what JSON's
    /// grammar leaves open, such a library mostly takes.
    Library,
}

impl Model {
    /// The model of QEMU, its storage daemon and its agent of this version. A version that is not known is
    /// taken for one of the long time from 3.1 to 10; before that, errors were counted otherwise.
    pub fn of(version: Option<Version>) -> Model {
        match version {
            Some(version) if version >= Version::new(11, 0) => Model::V11,
            Some(version) if version < Version::new(3, 1) => Model::Tolerant,
            _ => Model::V3_1,
        }
    }

    /// The model to count errors by: for a parser that is not known QEMU's, which gives more of them than most.
    pub fn counted(self) -> Model {
        if self.is_qemus() { self } else { Model::V3_1 }
    }

    /// Whether it is one of QEMU's, known in every detail.
    pub fn is_qemus(self) -> bool {
        matches!(self, Model::V3_1 | Model::V11)
    }
}

/// Which stage refused the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A byte that no token can go on with.
    Lexical,
    /// Tokens that make no value.
    Syntax,
    /// Too deep, too many tokens, or too many bytes.
    Limit,
}

/// One outcome of the input, in the order in which a server answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<V = Value> {
    /// A whole value.
    Value {
        /// Offset of its first byte since the stream began.
        offset: u64,
        /// The value, or what was made of it.
        value: V,
    },
    /// An error: one GenericError reply without id.
    Error {
        /// Offset of the last byte of the token with which it was told, since the stream began.
        offset: u64,
        /// Which stage.
        stage: Stage,
        /// What is wrong, in the words of QEMU 7.2. Of a stray token, at most the first 1023 bytes are repeated.
        desc: Desc,
    },
}

/// Bytes of tokens that one value may have.
pub const TOKEN_BYTES_MAX: usize = 64 << 20;
/// Tokens that one value may have.
pub const TOKENS_MAX: usize = 2 << 20;
/// Brackets and braces that may be open at once.
pub const NESTING_MAX: i64 = 1024;

/// The automaton. Feed it bytes in any split. Of each value it makes what `B` makes.
#[derive(Debug)]
pub struct Automaton<B = Whole> {
    lexer: lexer::Lexer,
    streamer: Streamer<B>,
}

impl Automaton {
    /// At the start of a stream, whose values are kept.
    pub fn new(model: Model) -> Automaton {
        Automaton::making(model)
    }
}

impl Automaton<Outline> {
    /// At the start of a stream of whose values is told only whether each is an object: the outcomes are those of
    /// [`Automaton::new`], several times as fast.
    pub fn outlining(model: Model) -> Automaton<Outline> {
        Automaton::making(model)
    }
}

impl<B: Build> Automaton<B> {
    fn making(model: Model) -> Automaton<B> {
        Automaton { lexer: lexer::Lexer::default(), streamer: Streamer::new(model) }
    }

    /// Takes bytes in; appends the outcomes that they complete.
    ///
    /// Each byte completes two outcomes at most. Beyond `outcomes`, memory is bounded by the limits of a text.
    pub fn feed(&mut self, bytes: &[u8], outcomes: &mut Vec<Outcome<B::Value>>) {
        let streamer = &mut self.streamer;
        self.lexer.feed(bytes, &mut |token| streamer.take(token, outcomes));
    }

    /// Whether a text is begun but not complete: the server waits for more of it. In [`Model::V11`] it may have
    /// told an error of that text already, and keeps silent about the rest.
    pub fn pending(&self) -> bool {
        self.streamer.is_open() || self.lexer.in_token()
    }
}
