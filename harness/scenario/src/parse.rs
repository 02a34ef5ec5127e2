//! Reads a scenario: every problem of a text is found in one go, each with its place.

use crate::bindings::{Piece, SCRATCH, pieces};
use crate::error::{BadScenario, Located, PROBLEMS_MAX, Problem, Suggestion};
use crate::header;
use crate::line;
use crate::model::{Action, Line, Scenario};
use std::borrow::Cow;
use std::ops::Range;

/// Bytes that a scenario may have.
pub const BYTES_MAX: usize = 1 << 20;

/// What names there are outside of the text.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// Slugs of rules; empty lets any pass.
    pub rules: &'a [&'a str],
}

/// Reads a scenario. `file` is for messages.
///
/// # Errors
/// It is none: all problems, or the first [`PROBLEMS_MAX`].
pub fn parse(text: &str, file: &str, known: Known<'_>) -> Result<Scenario, BadScenario> {
    let mut parser = Parser {
        text,
        known,
        scenario: Scenario::default(),
        problems: Vec::new(),
        keys: Vec::new(),
        names: vec![SCRATCH.to_owned()],
        began: false,
        heard: false,
    };
    if text.len() > BYTES_MAX {
        parser.problem(0..0, Problem::TooLarge { what: "the file" }, None);
    } else {
        parser.run();
    }
    if parser.problems.is_empty() {
        return Ok(parser.scenario);
    }
    parser.problems.sort_by_key(|located| located.span.start);
    Err(BadScenario { file: file.to_owned(), text: text.to_owned(), problems: parser.problems })
}

struct Parser<'a> {
    text: &'a str,
    known: Known<'a>,
    scenario: Scenario,
    problems: Vec<Located>,
    /// Header keys so far.
    keys: Vec<&'a str>,
    /// What `$NAME`s may stand for from here on.
    names: Vec<String>,
    /// The conversation, or what it needs in the scratch directory, has begun.
    began: bool,
    /// A line has matched a message.
    heard: bool,
}

/// A line with its continuation lines.
struct Whole<'a> {
    number: usize,
    /// Where it begins in the file.
    begin: usize,
    /// Without indentation, joined by newlines.
    text: Cow<'a, str>,
    /// Where each further line begins: in `text`, and in the file.
    places: Vec<(usize, usize)>,
}

impl Whole<'_> {
    /// A span of `text` in the file, from the beginning of a character on. One that runs over several lines ends
    /// with the first.
    fn place(&self, span: Range<usize>) -> Range<usize> {
        let start = (0..=span.start).rfind(|at| self.text.is_char_boundary(*at)).unwrap_or(0);
        let span = start..span.end;
        let further = self.places.iter().take_while(|(from, _)| *from <= span.start).count();
        let (from, in_file) = further.checked_sub(1).map_or((0, self.begin), |last| self.places[last]);
        let end = self.places.get(further).map_or(self.text.len(), |(next, _)| next - 1);
        in_file + span.start - from..in_file + span.end.min(end).max(span.start) - from
    }

    fn all(&self) -> Range<usize> {
        self.place(0..self.text.len())
    }
}

impl<'a> Parser<'a> {
    fn problem(&mut self, span: Range<usize>, problem: Problem, suggestion: Option<Suggestion>) {
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(Located { span, problem, suggestion });
        }
    }

    fn run(&mut self) {
        for whole in self.wholes() {
            if let Some(comment) = whole.text.strip_prefix('#') {
                self.comment(whole.number, comment.trim());
            } else if let Some((key, value)) = header_line(&whole.text) {
                let key = &self.text[whole.all()][..key.len()];
                self.header(&whole, key, value);
            } else {
                self.line(&whole);
            }
        }
        if self.scenario.header.rules.is_empty() && !self.keys.contains(&"rule") {
            let start = self.text.find('\n').unwrap_or(self.text.len());
            let hint = Suggestion::Words("`rule: SLUG` names the rule that the scenario shows");
            self.problem(0..start, Problem::Lacking { key: "rule" }, Some(hint));
        }
        let speaks = |line: &Line| !matches!(line.action, Action::Comment(_) | Action::Scratch(_));
        if !self.scenario.lines.iter().any(speaks) && self.problems.is_empty() {
            self.problem(0..self.text.len().min(1), Problem::Empty, None);
        }
    }

    /// Lines with their continuations: a line that begins with white space goes on with the one before.
    fn wholes(&mut self) -> Vec<Whole<'a>> {
        let mut wholes: Vec<Whole<'a>> = Vec::new();
        let mut at = 0;
        let mut open = false;
        for (index, raw) in self.text.split('\n').enumerate() {
            let begin = at;
            at += raw.len() + 1;
            let line = raw.trim_end();
            let indent = line.len() - line.trim_start().len();
            match wholes.last_mut() {
                _ if line.is_empty() => open = false,
                Some(whole) if indent > 0 && open => {
                    let text = whole.text.to_mut();
                    text.push('\n');
                    whole.places.push((text.len(), begin + indent));
                    text.push_str(line.trim_start());
                }
                _ if indent > 0 => self.problem(begin..begin + line.len(), Problem::Dangling, None),
                _ => {
                    open = !line.starts_with('#');
                    wholes.push(Whole {
                        number: index + 1,
                        begin,
                        text: Cow::Borrowed(line),
                        places: Vec::new(),
                    });
                }
            }
        }
        wholes
    }

    fn comment(&mut self, number: usize, text: &str) {
        if self.keys.is_empty() && self.scenario.lines.is_empty() {
            return self.scenario.header.about.push(text.to_owned());
        }
        self.scenario.lines.push(Line { number, client: None, action: Action::Comment(text.to_owned()) });
    }

    fn header(&mut self, whole: &Whole<'_>, key: &'a str, value: &str) {
        let span = whole.place(0..key.len());
        let problem = if self.began {
            Some(Problem::LateHeader { key: key.to_owned() })
        } else {
            self.keys.contains(&key).then(|| Problem::Twice { key: key.to_owned() })
        };
        if let Some(problem) = problem {
            return self.problem(span, problem, None);
        }
        self.keys.push(key);
        let value = value.replace('\n', " ");
        if let Err((problem, hint)) =
            header::take(&mut self.scenario.header, key, value.trim(), self.known.rules)
        {
            let wrong_key = matches!(problem, Problem::Key { .. });
            let from = key.len() + 1;
            let lead = whole.text[from..].len() - whole.text[from..].trim_start().len();
            let value = whole.place((from + lead).min(whole.text.len())..whole.text.len());
            self.problem(if wrong_key { span } else { value }, problem, hint);
        }
    }

    fn line(&mut self, whole: &Whole<'_>) {
        let (client, offset) = match self.client(whole) {
            Ok(found) => found,
            Err(()) => return,
        };
        let action = match line::read(&whole.text[offset..]) {
            Ok(action) => action,
            Err(fault) => {
                let span = whole.place(fault.span.start + offset..fault.span.end + offset);
                return self.problem(span, fault.problem, fault.suggestion);
            }
        };
        if client.is_some() && !action.is_of_a_client() {
            self.problem(whole.all(), Problem::NotOfAClient, None);
        }
        self.check(whole, &action);
        self.scenario.lines.push(Line { number: whole.number, client, action });
    }

    /// The client that a line begins with, and where the rest begins.
    fn client(&mut self, whole: &Whole<'_>) -> Result<(Option<String>, usize), ()> {
        let Some(rest) = whole.text.strip_prefix('@') else { return Ok((None, 0)) };
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if !header::is_client(&rest[..end]) {
            let problem = Problem::Value { value: rest[..end].to_owned(), what: "name of a client" };
            self.problem(whole.place(0..1 + end), problem, Some(Suggestion::Words("write `@b -> …`")));
            return Err(());
        }
        let spaces = rest[end..].len() - rest[end..].trim_start().len();
        Ok((Some(rest[..end].to_owned()), 1 + end + spaces))
    }

    /// What a line needs to stand above it.
    fn check(&mut self, whole: &Whole<'_>, action: &Action) {
        match action {
            Action::Scratch(_) if self.spoken() => self.problem(whole.all(), Problem::LateProp, None),
            Action::PassFd(name) | Action::Feed(name) => {
                let made: Vec<String> = self.scenario.props().map(|prop| prop.name().to_owned()).collect();
                if !made.contains(name) {
                    let hint = Suggestion::named(name, made.iter().map(String::as_str));
                    self.problem(whole.all(), Problem::NoProp { name: name.clone() }, Some(hint));
                }
            }
            Action::Capture { name, .. } => {
                if !self.heard {
                    self.problem(whole.all(), Problem::NothingToCapture, None);
                }
                self.names.push(name.clone());
            }
            Action::Send(text) => {
                let names = pieces(text).into_iter().filter_map(|piece| match piece {
                    Piece::Name(name) => Some(name),
                    _ => None,
                });
                self.bound(whole, names.collect());
            }
            Action::Receive { pattern, .. } => self.bound(whole, pattern.names()),
            Action::Event { data, .. } => {
                self.bound(whole, data.as_ref().map(|data| data.names()).unwrap_or_default());
            }
            _ => {}
        }
        self.began = true;
        self.heard |= matches!(action, Action::Receive { .. } | Action::Event { .. });
    }

    fn spoken(&self) -> bool {
        let silent = |line: &Line| matches!(line.action, Action::Comment(_) | Action::Scratch(_));
        !self.scenario.lines.iter().all(silent)
    }

    fn bound(&mut self, whole: &Whole<'_>, names: Vec<&str>) {
        for name in names {
            if self.names.iter().any(|known| known == name) {
                continue;
            }
            let hint = Suggestion::named(name, self.names.iter().map(String::as_str));
            let at = whole.text.find(&format!("${name}")).unwrap_or(0);
            let span = whole.place(at..at + 1 + name.len());
            self.problem(span, Problem::Unbound { name: name.to_owned() }, Some(hint));
        }
    }
}

/// `key: value`, where the line is one: a word of small letters and hyphens, and a colon.
fn header_line(text: &str) -> Option<(&str, &str)> {
    let (key, value) = text.split_once(':')?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    (!key.is_empty() && key.bytes().all(plain) && key.starts_with(|c: char| c.is_ascii_lowercase()))
        .then_some((key, value))
}
