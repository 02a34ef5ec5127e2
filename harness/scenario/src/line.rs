//! One line of the conversation, from its text to what happens.

use crate::bindings::name_length;
use crate::error::{Problem, Suggestion};
use crate::model::{Action, Duration, Prop};
use crate::pattern::Pattern;
use crate::read;
use qmprobe_wire::Payload;
use qmprobe_wire::escape::unescape;
use qmprobe_wire::payload;
use std::ops::Range;

/// Words that begin a line.
pub(crate) const WORDS: &[&str] = &[
    "->",
    "<-",
    "=>",
    "...",
    "oob",
    "event",
    "capture",
    "wait",
    "silence",
    "half-close",
    "eof",
    "drop",
    "reconnect",
    "exit",
    "pass-fd",
    "scratch",
    "feed",
    "memory",
];

/// Characters of a file's name in the scratch directory.
const NAME_CHARS_MAX: usize = 64;
/// Bytes of a file made in the scratch directory.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Bytes by which a peer may be let grow.
const GROWTH_BYTES_MAX: u64 = 1 << 30;
/// Milliseconds of a wait.
pub(crate) const WAIT_MS_MAX: u64 = 10_000;

/// What is wrong with a line: bytes of it, the problem, and what to write instead.
pub(crate) struct Fault {
    pub span: Range<usize>,
    pub problem: Problem,
    pub suggestion: Option<Suggestion>,
}

type Read<T> = Result<T, Fault>;

/// A piece of a line, with where it begins in it.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Piece<'a> {
    fn fault<T>(self, problem: Problem) -> Read<T> {
        // An empty piece is shown by the character before it.
        let from = if self.text.is_empty() { self.at.saturating_sub(1) } else { self.at };
        Err(Fault { span: from..self.at + self.text.len(), problem, suggestion: None })
    }

    fn from(self, offset: usize) -> Piece<'a> {
        let rest = &self.text[offset..];
        let trimmed = rest.trim_start();
        Piece { text: trimmed.trim_end(), at: self.at + offset + rest.len() - trimmed.len() }
    }

    /// The first word, and the rest.
    fn split(self) -> (Piece<'a>, Piece<'a>) {
        let end = self.text.find(char::is_whitespace).unwrap_or(self.text.len());
        (Piece { text: &self.text[..end], at: self.at }, self.from(end))
    }
}

/// Reads a line. `text` has its continuation lines behind newlines, each without its indentation.
pub(crate) fn read(text: &str) -> Read<Action> {
    let line = Piece { text, at: 0 };
    let (word, rest) = line.split();
    let action = match word.text {
        "->" => {
            // What is sent is exactly what stands there, but for the one space behind the arrow.
            let sent = text["->".len()..].strip_prefix(' ').unwrap_or(&text["->".len()..]);
            return Ok(Action::Send(sent.to_owned()));
        }
        "<-" => return receive(rest, false),
        "=>" => return bytes(rest).map(Action::SendBytes),
        "oob" => {
            let (arrow, rest) = rest.split();
            return match arrow.text {
                "<-" => receive(rest, true),
                _ => arrow.fault(Problem::Form { form: "oob <- VALUE" }),
            };
        }
        "event" => return event(rest),
        "capture" => return capture(rest),
        "scratch" => return scratch(rest).map(Action::Scratch),
        "wait" => return duration(rest, "wait 200ms").map(Action::Wait),
        "silence" => return duration(rest, "silence 200ms").map(Action::Silence),
        "pass-fd" => return prop_name(rest).map(Action::PassFd),
        "feed" => return prop_name(rest).map(Action::Feed),
        "memory" => {
            let bytes = rest.text.strip_prefix('+').and_then(|size| bytes_of(size, GROWTH_BYTES_MAX));
            return bytes.map_or_else(
                || rest.fault(Problem::Form { form: "memory +64M" }),
                |b| Ok(Action::Memory(b)),
            );
        }
        "exit" => {
            let code = rest.text.parse().or_else(|_| rest.fault(Problem::Form { form: "exit 0" }))?;
            return Ok(Action::Exit(code));
        }
        "..." => Action::Elide,
        "half-close" => Action::HalfClose,
        "eof" => Action::Eof,
        "drop" => Action::Drop,
        "reconnect" => Action::Reconnect,
        other => {
            let suggestion = Some(Suggestion::alike(other, WORDS));
            let problem = Problem::Word { word: other.to_owned() };
            return Err(Fault { span: word.at..word.at + other.len(), problem, suggestion });
        }
    };
    if !rest.text.is_empty() {
        return rest.fault(Problem::Form { form: "the word alone" });
    }
    Ok(action)
}

fn receive(rest: Piece<'_>, overtakes: bool) -> Read<Action> {
    let (first, behind) = rest.split();
    let sentinel = first.text.eq_ignore_ascii_case("0xff");
    let pattern = pattern(if sentinel { behind } else { rest })?;
    Ok(Action::Receive { pattern, sentinel, overtakes })
}

fn pattern(piece: Piece<'_>) -> Read<Pattern> {
    read::pattern(piece.text).map_err(|(at, what)| {
        let from = piece.at + at.min(piece.text.len().saturating_sub(1));
        let length =
            piece.text.get(from - piece.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Fault { span: from..from + length, problem: Problem::Pattern { what }, suggestion: None }
    })
}

fn event(rest: Piece<'_>) -> Read<Action> {
    let (name, data) = rest.split();
    if name.text.is_empty()
        || !name.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    {
        return name.fault(Problem::Form { form: "event NAME, or event NAME DATA" });
    }
    let data = if data.text.is_empty() { None } else { Some(pattern(data)?) };
    Ok(Action::Event { name: name.text.to_owned(), data })
}

fn capture(rest: Piece<'_>) -> Read<Action> {
    let form = "capture NAME return.member";
    let (name, path) = rest.split();
    if name_length(name.text) != name.text.len()
        || name.text.is_empty()
        || name.text == crate::bindings::SCRATCH
    {
        return name.fault(Problem::Form { form });
    }
    if path.text.is_empty() || path.text.contains(char::is_whitespace) {
        return path.fault(Problem::Form { form });
    }
    Ok(Action::Capture { name: name.text.to_owned(), path: path.text.to_owned() })
}

fn scratch(rest: Piece<'_>) -> Read<Prop> {
    let form = "scratch fifo NAME, or scratch file NAME 64K";
    let (kind, rest) = rest.split();
    let (name, size) = rest.split();
    match kind.text {
        "fifo" if size.text.is_empty() => Ok(Prop::Fifo { name: prop_name(name)? }),
        "file" => match bytes_of(size.text, FILE_BYTES_MAX) {
            Some(bytes) => Ok(Prop::File { name: prop_name(name)?, bytes }),
            None => size.fault(Problem::Form { form }),
        },
        _ => kind.fault(Problem::Form { form }),
    }
}

/// `512`, `64K` or `1M`, at most `max`.
fn bytes_of(text: &str, max: u64) -> Option<u64> {
    let (digits, unit) = match text.as_bytes().last()? {
        b'K' => (&text[..text.len() - 1], 1 << 10),
        b'M' => (&text[..text.len() - 1], 1 << 20),
        _ => (text, 1),
    };
    let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse::<u64>().ok()?.checked_mul(unit).filter(|bytes| *bytes <= max)
}

fn prop_name(piece: Piece<'_>) -> Read<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let name = piece.text;
    let good =
        !name.is_empty() && !name.starts_with('.') && name.len() <= NAME_CHARS_MAX && name.bytes().all(plain);
    if !good {
        return piece.fault(Problem::PropName { name: name.to_owned() });
    }
    Ok(name.to_owned())
}

fn duration(piece: Piece<'_>, form: &'static str) -> Read<Duration> {
    let (digits, unit) = match piece.text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (piece.text.strip_suffix('s').unwrap_or_default(), 1000),
    };
    let ms = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(unit));
    match ms.filter(|ms| *ms <= WAIT_MS_MAX && !digits.starts_with('+')) {
        Some(ms) => Ok(ms),
        None => piece.fault(Problem::Form { form }),
    }
}

/// Pairs of hexadecimal digits and quoted text, in any mixture, each with `*N` behind it if it is sent so many times.
fn bytes(piece: Piece<'_>) -> Read<Payload> {
    let mut out = Payload::default();
    let mut rest = piece;
    while let Some(first) = rest.text.chars().next() {
        let (bytes, length) = if is_quote(first) {
            let Some((bytes, length)) = quoted_text(&rest.text[1..], first) else {
                return rest.fault(Problem::Bytes);
            };
            (bytes, 1 + length)
        } else {
            let ends = |c: char| c.is_whitespace() || is_quote(c) || c == '*';
            let digits = rest.text.find(ends).unwrap_or(rest.text.len());
            match hexadecimal(&rest.text[..digits]).filter(|bytes| !bytes.is_empty()) {
                Some(bytes) => (bytes, digits),
                None => return Piece { text: &rest.text[..digits], at: rest.at }.fault(Problem::Bytes),
            }
        };
        let digits = rest.text[length..].strip_prefix('*').map(|behind| {
            let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
            &behind[..end]
        });
        let times = digits.map_or(Some(1), |digits| digits.parse().ok().filter(|times| *times > 0));
        let Some(times) = times else { return rest.from(length).fault(Problem::Bytes) };
        out.repeat(&bytes, times);
        if out.len() > payload::BYTES_MAX {
            return rest.from(length).fault(Problem::TooManyBytes);
        }
        rest = rest.from(length + digits.map_or(0, |digits| 1 + digits.len()));
    }
    if out.is_empty() {
        return piece.fault(Problem::Bytes);
    }
    Ok(out)
}

/// What text among bytes stands in.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

/// The bytes up to the closing quote, and how long the text is with it.
fn quoted_text(text: &str, quote: char) -> Option<(Vec<u8>, usize)> {
    let mut escaped = false;
    let end = text.bytes().position(|byte| {
        let ends = char::from(byte) == quote && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    // An escaped quote is ours; the rest is what findings are written in.
    let mut plain = String::with_capacity(end);
    let mut characters = text[..end].chars();
    while let Some(c) = characters.next() {
        match (c, if c == '\\' { characters.next() } else { None }) {
            ('\\', Some(next)) if is_quote(next) => plain.push(next),
            ('\\', Some(next)) => plain.extend(['\\', next]),
            (c, _) => plain.push(c),
        }
    }
    Some((unescape(&plain)?, end + 1))
}

fn hexadecimal(word: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        word.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}
