//! Tokens into values: counts brackets, keeps the tokens of one value, and bounds them (`json-streamer.c`).

use super::lexer::{Kind, Token};
use super::parser::parse;
use super::{Model, NESTING_MAX, Outcome, Stage, TOKEN_BYTES_MAX, TOKENS_MAX};

/// A token kept until its value is complete; its text lies in the arena.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub kind: Kind,
    pub start: u32,
    pub length: u32,
}

#[derive(Debug)]
pub(super) struct Streamer {
    model: Model,
    tokens: Vec<Kept>,
    /// Texts of the kept tokens that have one, end to end.
    arena: Vec<u8>,
    /// Bytes of all kept tokens, marks included.
    bytes: usize,
    braces: i64,
    brackets: i64,
    first: u64,
    /// 11.x: after a limit error, tokens are only counted until the brackets balance.
    discarding: bool,
}

impl Streamer {
    pub fn new(model: Model) -> Streamer {
        Streamer {
            model,
            tokens: Vec::new(),
            arena: Vec::new(),
            bytes: 0,
            braces: 0,
            brackets: 0,
            first: 0,
            discarding: false,
        }
    }

    /// Whether brackets are open.
    pub fn is_open(&self) -> bool {
        self.braces > 0 || self.brackets > 0
    }

    pub fn take(&mut self, token: Token<'_>, outcomes: &mut Vec<Outcome>) {
        if self.tokens.is_empty() {
            self.first = (token.offset + 1).saturating_sub(token.text.len() as u64);
        }
        match token.kind {
            Kind::Mark(b'{') => self.braces += 1,
            Kind::Mark(b'}') => self.braces -= 1,
            Kind::Mark(b'[') => self.brackets += 1,
            Kind::Mark(b']') => self.brackets -= 1,
            // The limit error was the one error of this text.
            Kind::Stray if self.discarding => return self.reset(),
            Kind::Stray => {
                let desc = format!("JSON parse error, stray '{}'", String::from_utf8_lossy(token.text));
                return self.refuse(token.offset, Stage::Lexical, desc, outcomes);
            }
            _ => {}
        }
        if self.discarding {
            return self.end_discarding();
        }
        if let Some(limit) = self.limit(&token) {
            let open = self.is_whole();
            let (braces, brackets) = (self.braces, self.brackets);
            self.refuse(token.offset, Stage::Limit, format!("JSON {limit} limit exceeded"), outcomes);
            if self.model == Model::V11 && !open {
                (self.braces, self.brackets, self.discarding) = (braces, brackets, true);
            }
            return;
        }
        self.keep(&token);
        if self.is_whole() {
            outcomes.push(match parse(&self.tokens, &self.arena) {
                Ok(value) => Outcome::Value { offset: self.first, value },
                Err(desc) => Outcome::Error { offset: token.offset, stage: Stage::Syntax, desc },
            });
            self.reset();
        }
    }

    fn is_whole(&self) -> bool {
        let open = self.braces > 0 || self.brackets > 0;
        !open || self.braces < 0 || self.brackets < 0
    }

    fn end_discarding(&mut self) {
        if self.is_whole() {
            self.reset();
        }
    }

    fn limit(&self, token: &Token<'_>) -> Option<&'static str> {
        if token.kind == Kind::TooLong || self.bytes + token.text.len() + 1 > TOKEN_BYTES_MAX {
            Some("token size")
        } else if self.tokens.len() + 1 > TOKENS_MAX {
            Some("token count")
        } else if self.braces + self.brackets > NESTING_MAX {
            Some("nesting depth")
        } else {
            None
        }
    }

    fn keep(&mut self, token: &Token<'_>) {
        let start = self.arena.len() as u32;
        if !matches!(token.kind, Kind::Mark(_)) {
            self.arena.extend_from_slice(token.text);
        }
        let length = self.arena.len() as u32 - start;
        self.bytes += token.text.len();
        self.tokens.push(Kept { kind: token.kind, start, length });
    }

    fn refuse(&mut self, offset: u64, stage: Stage, desc: String, outcomes: &mut Vec<Outcome>) {
        outcomes.push(Outcome::Error { offset, stage, desc });
        self.reset();
    }

    fn reset(&mut self) {
        self.tokens.clear();
        self.arena.clear();
        (self.bytes, self.braces, self.brackets, self.discarding) = (0, 0, 0, false);
    }
}
