//! Tokens into outcomes: finds where a text ends by counting brackets, and bounds it (`json-streamer.c`).

use super::build::Build;
use super::lexer::{Kind, Token};
use super::parser::{Expect, Parser};
use super::{Desc, Model, NESTING_MAX, Outcome, Stage, TOKEN_BYTES_MAX, TOKENS_MAX};

#[derive(Debug)]
pub(super) struct Streamer<B> {
    model: Model,
    text: Text<B>,
    /// The last outcome was an error.
    erred: bool,
}

/// The text being read, since its first token.
#[derive(Debug)]
struct Text<B> {
    course: Course<B>,
    /// Offset of its first byte.
    first: u64,
    tokens: usize,
    /// Bytes of its tokens.
    bytes: usize,
    braces: i64,
    brackets: i64,
}

#[derive(Debug)]
enum Course<B> {
    Reading(Parser<B>),
    /// The text has its one error, and that is still to be told if it is here.
    /// Its tokens are only counted from now on.
    Refused(Option<Refusal>),
}

/// Why a text is no value.
#[derive(Debug)]
struct Refusal {
    stage: Stage,
    desc: Desc,
}

impl Refusal {
    fn at<V>(self, token: &Token<'_>) -> Outcome<V> {
        Outcome::Error { offset: token.offset, stage: self.stage, desc: self.desc }
    }
}

impl<B: Build> Streamer<B> {
    pub fn new(model: Model) -> Streamer<B> {
        Streamer { model, text: Text::new(model), erred: false }
    }

    /// Whether a text is begun that only further tokens end.
    pub fn is_open(&self) -> bool {
        self.text.is_open()
    }

    /// How deep the text under way is and what it expects, if it can still become a value; its tokens, and their
    /// bytes.
    pub fn stance(&self) -> Option<([i64; 2], Expect, usize, usize)> {
        let Text { course, tokens, bytes, braces, brackets, .. } = &self.text;
        match course {
            Course::Reading(parser) => Some(([*braces, *brackets], parser.expects(), *tokens, *bytes)),
            Course::Refused(_) => None,
        }
    }

    /// Lets so many tokens pass by, of a text that will have too many.
    pub fn skip(&mut self, tokens: usize, bytes: usize) {
        self.text.tokens += tokens;
        self.text.bytes += bytes;
    }

    /// Takes the next token in; appends the outcome that it brings about, if it does.
    #[inline]
    pub fn take(&mut self, token: &Token<'_>, outcomes: &mut Vec<Outcome<B::Value>>) {
        self.text.count(token);
        let is_within = self.text.is_within(token);
        let refusal = match &mut self.text.course {
            Course::Reading(parser) if is_within => match parser.feed(token.kind, token.text) {
                Ok(None) => return,
                Ok(Some(value)) => {
                    outcomes.push(Outcome::Value { offset: self.text.first, value });
                    self.text.begin_again();
                    self.erred = false;
                    return;
                }
                Err(desc) => Some(Refusal { stage: Stage::Syntax, desc }),
            },
            Course::Reading(_) | Course::Refused(_) => None,
        };
        self.refuse(token, refusal, outcomes);
    }

    /// A token of a text that is no value.
    fn refuse(&mut self, token: &Token<'_>, refusal: Option<Refusal>, outcomes: &mut Vec<Outcome<B::Value>>) {
        let outcome = match self.model {
            Model::V3_1 | Model::Tolerant | Model::Library => self.refuse_patiently(token, refusal),
            Model::V11 => self.refuse_promptly(token, refusal),
        };
        let Some(outcome) = outcome else { return };
        if !self.erred || self.model.is_qemus() {
            outcomes.push(outcome);
        }
        self.erred = true;
    }

    /// A syntax error waits for the end of the text. A lexical error or a limit comes in its place and ends
    /// the text on the spot.
    fn refuse_patiently(&mut self, token: &Token<'_>, refusal: Option<Refusal>) -> Option<Outcome<B::Value>> {
        if let Some(refusal) = lexical(token).or_else(|| self.text.limit(token)) {
            self.text = Text::new(self.model);
            return Some(refusal.at(token));
        }
        if refusal.is_some() {
            self.text.course = Course::Refused(refusal);
        }
        if self.text.is_open() {
            return None;
        }
        match std::mem::replace(&mut self.text, Text::new(self.model)).course {
            Course::Refused(refusal) => refusal.map(|refusal| refusal.at(token)),
            Course::Reading(_) => None,
        }
    }

    /// The first error of a text is told at once, and the rest of the text passes in silence. It ends where its
    /// brackets balance, or at a lexical error.
    fn refuse_promptly(&mut self, token: &Token<'_>, refusal: Option<Refusal>) -> Option<Outcome<B::Value>> {
        let mut outcome = None;
        if matches!(self.text.course, Course::Reading(_)) {
            let refusal = refusal.or_else(|| self.text.limit(token)).or_else(|| lexical(token));
            outcome = refusal.map(|refusal| refusal.at(token));
            self.text.course = Course::Refused(None);
        }
        if token.kind == Kind::Stray || !self.text.is_open() {
            self.text = Text::new(self.model);
        }
        outcome
    }
}

impl<B: Build> Text<B> {
    fn new(model: Model) -> Text<B> {
        let course = Course::Reading(Parser::new(model == Model::V11));
        Text { course, first: 0, tokens: 0, bytes: 0, braces: 0, brackets: 0 }
    }

    fn count(&mut self, token: &Token<'_>) {
        if self.tokens == 0 {
            self.first = (token.offset + 1).saturating_sub(token.text.len() as u64);
        }
        self.tokens += 1;
        self.bytes += token.text.len();
        match token.kind {
            Kind::Mark(b'{') => self.braces += 1,
            Kind::Mark(b'}') => self.braces -= 1,
            Kind::Mark(b'[') => self.brackets += 1,
            Kind::Mark(b']') => self.brackets -= 1,
            _ => {}
        }
    }

    /// A surplus closer of one kind ends the text, even where brackets of the other kind are open.
    fn is_open(&self) -> bool {
        self.braces >= 0 && self.brackets >= 0 && self.braces + self.brackets > 0
    }

    /// Whether the parser may see the token.
    fn is_within(&self, token: &Token<'_>) -> bool {
        let is_token = !matches!(token.kind, Kind::Stray | Kind::TooLong);
        is_token
            && self.bytes < TOKEN_BYTES_MAX
            && self.tokens <= TOKENS_MAX
            && self.braces + self.brackets <= NESTING_MAX
    }

    /// After a whole value; the parser is ready for another.
    fn begin_again(&mut self) {
        (self.tokens, self.bytes, self.braces, self.brackets) = (0, 0, 0, 0);
    }

    fn limit(&self, token: &Token<'_>) -> Option<Refusal> {
        let what = if token.kind == Kind::TooLong || self.bytes + 1 > TOKEN_BYTES_MAX {
            "JSON token size limit exceeded"
        } else if self.tokens > TOKENS_MAX {
            "JSON token count limit exceeded"
        } else if self.braces + self.brackets > NESTING_MAX {
            "JSON nesting depth limit exceeded"
        } else {
            return None;
        };
        Some(Refusal { stage: Stage::Limit, desc: Desc::of(what) })
    }
}

fn lexical(token: &Token<'_>) -> Option<Refusal> {
    let refusal = || Refusal { stage: Stage::Lexical, desc: Desc::stray(token.text) };
    (token.kind == Kind::Stray).then(refusal)
}
