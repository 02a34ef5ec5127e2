//! From tokens to expressions: a tree of objects, lists, strings and booleans that still knows its places.
//! A fault ends its expression; reading goes on with the next one.

use super::docs::{self, Doc};
use super::era::Era;
use super::fault::{Faults, Span};
use super::lex::{Lexer, Token, line_end};

/// Levels of nesting that an expression may have. Real schemas have six.
const DEPTH_MAX: usize = 64;

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub span: Span,
    pub value: Value,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    Bool(bool),
    Null,
    List(Vec<Node>),
    Object(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub key: String,
    pub span: Span,
    pub node: Node,
}

impl Node {
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub fn as_list(&self) -> Option<&[Node]> {
        if let Value::List(items) = &self.value { Some(items) } else { None }
    }

    pub fn as_object(&self) -> Option<&[Entry]> {
        if let Value::Object(entries) = &self.value { Some(entries) } else { None }
    }

    /// What a person calls it.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Text(_) => "a string",
            Value::Bool(_) => "a boolean",
            Value::Null => "null",
            Value::List(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

/// A top-level expression.
#[derive(Debug)]
pub(super) struct Expression {
    pub entries: Vec<Entry>,
    pub span: Span,
    pub doc: Option<Doc>,
}

/// Reads the expressions of one document.
pub(super) struct Parser<'t, 'f> {
    lexer: Lexer<'t>,
    era: Era,
    token: Token<'t>,
    span: Span,
    /// Where the token before ended.
    before: usize,
    faults: &'f mut Faults,
}

/// The expression is given up; why was said.
struct GivenUp;

impl<'t, 'f> Parser<'t, 'f> {
    pub fn new(
        text: &'t str,
        file: u32,
        era: Era,
        ignore_docs: bool,
        faults: &'f mut Faults,
    ) -> Parser<'t, 'f> {
        let lexer = Lexer::new(text, file, era, ignore_docs);
        let span = lexer.span(0, 0);
        Parser { lexer, era, token: Token::End, span, before: 0, faults }
    }

    /// All of the document.
    pub fn expressions(mut self) -> Vec<Expression> {
        let mut found = Vec::new();
        let mut doc: Option<Doc> = None;
        let mut clean = self.advance();
        loop {
            if !clean {
                self.recover();
            }
            match self.token {
                Token::End => break,
                Token::Doc => {
                    docs::reject_dangling(doc.take(), self.faults);
                    clean = self.documentation(&mut doc);
                }
                _ => {
                    let start = self.span;
                    let expression = self.node(0);
                    clean = expression.is_ok();
                    found.extend(expression.ok().and_then(|node| self.top_level(node, start, doc.take())));
                    doc = None;
                }
            }
        }
        docs::reject_dangling(doc, self.faults);
        found
    }

    fn top_level(&mut self, node: Node, start: Span, doc: Option<Doc>) -> Option<Expression> {
        let Value::Object(entries) = node.value else {
            self.faults.push(start, format!("an expression is an object, and this is {}", node.kind()));
            return None;
        };
        Some(Expression { entries, span: Span { end: start.end, ..node.span }, doc })
    }

    fn documentation(&mut self, doc: &mut Option<Doc>) -> bool {
        let text = self.lexer.text();
        let (read, end) = docs::read(text, self.span, self.era, self.faults);
        self.lexer.resume(end);
        *doc = read;
        self.advance()
    }

    /// Takes the next token; false when something that is none was passed over.
    fn advance(&mut self) -> bool {
        self.before = self.span.end as usize;
        let (token, span, faulty) = self.lexer.next(self.faults);
        (self.token, self.span) = (token, span);
        !faulty
    }

    fn step(&mut self) -> Result<(), GivenUp> {
        if self.advance() { Ok(()) } else { Err(GivenUp) }
    }

    /// Goes on at the next line that begins as an expression or a documentation comment does.
    fn recover(&mut self) {
        let text = self.lexer.text();
        let bytes = text.as_bytes();
        let mut at = self.lexer.position().saturating_sub(1);
        loop {
            at = line_end(bytes, at.min(bytes.len()));
            let rest = text.get(at + 1..).unwrap_or_default();
            if rest.is_empty() || rest.starts_with('{') || rest.starts_with("##\n") {
                break;
            }
            at += 1;
        }
        self.lexer.resume((at + 1).min(bytes.len()));
        let mut quiet = Faults::default();
        let (token, span, _) = self.lexer.next(&mut quiet);
        (self.token, self.span) = (token, span);
    }

    fn expected(&mut self, what: &str) -> GivenUp {
        let found = match &self.token {
            Token::Mark(mark) => format!("'{}'", *mark as char),
            Token::Text(_) => "a string".to_owned(),
            Token::Bool(_) | Token::Null => "a word".to_owned(),
            Token::Doc => "a documentation comment".to_owned(),
            Token::End => "the end of the file".to_owned(),
        };
        self.faults.push(self.span, format!("expected {what}, and here is {found}"));
        GivenUp
    }

    fn node(&mut self, depth: usize) -> Result<Node, GivenUp> {
        let start = self.span;
        if depth > DEPTH_MAX {
            self.faults.push(start, format!("nested more than {DEPTH_MAX} levels deep"));
            return Err(GivenUp);
        }
        let value = match std::mem::replace(&mut self.token, Token::Null) {
            Token::Mark(b'{') => {
                self.step()?;
                Value::Object(self.entries(depth)?)
            }
            Token::Mark(b'[') => {
                self.step()?;
                Value::List(self.items(depth)?)
            }
            Token::Text(text) => {
                let text = text.into_owned();
                self.step()?;
                Value::Text(text)
            }
            Token::Bool(value) => {
                self.step()?;
                Value::Bool(value)
            }
            Token::Null if self.era.has_null() => {
                self.step()?;
                Value::Null
            }
            other => {
                self.token = other;
                return Err(self.expected("'{', '[', a string or a boolean"));
            }
        };
        let span = Span { end: self.before as u32, ..start };
        Ok(Node { span, value })
    }

    fn entries(&mut self, depth: usize) -> Result<Vec<Entry>, GivenUp> {
        let mut entries: Vec<Entry> = Vec::new();
        if self.token == Token::Mark(b'}') {
            self.step()?;
            return Ok(entries);
        }
        loop {
            let span = self.span;
            let Token::Text(key) = std::mem::replace(&mut self.token, Token::Null) else {
                return Err(self.expected(if entries.is_empty() { "a key or '}'" } else { "a key" }));
            };
            let key = key.into_owned();
            self.step()?;
            if self.token != Token::Mark(b':') {
                return Err(self.expected(&format!("':' behind '{key}'")));
            }
            self.step()?;
            if let Some(first) = entries.iter().position(|entry| entry.key == key) {
                if self.era.refuses_duplicate_keys() {
                    self.faults.push(span, format!("the key '{key}' is there twice"));
                }
                entries.remove(first);
            }
            let node = self.node(depth + 1)?;
            entries.push(Entry { key, span, node });
            if self.goes_on(b'}', "',' or '}'")? {
                continue;
            }
            return Ok(entries);
        }
    }

    fn items(&mut self, depth: usize) -> Result<Vec<Node>, GivenUp> {
        let mut items = Vec::new();
        if self.token == Token::Mark(b']') {
            self.step()?;
            return Ok(items);
        }
        loop {
            items.push(self.node(depth + 1)?);
            if !self.goes_on(b']', "',' or ']'")? {
                return Ok(items);
            }
        }
    }

    /// Takes the comma behind a member, or the mark that closes.
    fn goes_on(&mut self, closing: u8, expected: &str) -> Result<bool, GivenUp> {
        if self.token == Token::Mark(closing) {
            self.step()?;
            return Ok(false);
        }
        if self.token == Token::Mark(b',') {
            let comma = self.span;
            self.step()?;
            if self.era.overlooks_commas() && self.token == Token::Mark(closing) {
                self.faults.note(comma, "a comma too many was overlooked");
                self.step()?;
                return Ok(false);
            }
            return Ok(true);
        }
        if self.era.overlooks_commas() && matches!(self.token, Token::Text(_) | Token::Mark(b'{' | b'[')) {
            let behind = self.lexer.span(self.before, self.before);
            self.faults.note(behind, "a missing comma was put in");
            return Ok(true);
        }
        Err(self.expected(expected))
    }
}
