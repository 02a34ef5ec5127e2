//! Strict JSON laid out flat: where each value stands in the text, and where the next one begins. Reading it makes
//! no tree and no copy, goes on where it left off when more bytes come, and gives up at the first deviation: what
//! that is worth, [`crate::parse`] says, which reads everything.

use crate::number::Number;
use crate::parse::{VALUES_MAX, parse};
use crate::scan::plain_length;
use std::borrow::Cow;
use std::ops::Range;

/// Members of an object beyond which a text is left to the other reader: names are compared with each other.
const MEMBERS_MAX: u32 = 64;
/// Bytes that offsets can tell; the topmost bits say something else.
const TEXT_MAX: usize = (1 << KIND_SHIFT) - 1;
/// Bytes of a number beyond which a text is left to the other reader: a number is looked at again when it goes on.
const NUMBER_MAX: usize = 64;
/// In the end of a string: it has escapes.
const ESCAPED: u32 = 1 << 31;
/// Bits of a start that are its offset; what the value is stands above them.
const KIND_SHIFT: u32 = 28;
/// In the start of a container: it is one.
const CONTAINER: u32 = 1 << 31;
/// Entries for which there stays room when a text is done: those of QEMU's longest reply.
const ENTRIES_KEPT: usize = 1 << 16;

/// A value, or the name of a member, which stands before its value.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// The offset of its first byte, and its [`Kind`] above [`KIND_SHIFT`].
    start: u32,
    /// Of a scalar the offset behind its last byte; of a container the index of the entry that follows it.
    end: u32,
}

impl Entry {
    #[inline]
    fn offset(self) -> usize {
        (self.start & TEXT_MAX as u32) as usize
    }
}

/// A whole strict JSON text with one container at its top.
#[derive(Clone, Debug)]
pub struct Tape {
    entries: Box<[Entry]>,
}

impl Tape {
    /// Reads `text`, which must be one array or object in strict ASCII JSON without repeated names, and nothing
    /// else; `None` is no verdict on what is another.
    pub fn read(text: &[u8], nesting_max: usize) -> Option<Tape> {
        let mut reader = Reader::default();
        match reader.advance(text, nesting_max) {
            Progress::Whole(end) if end == text.len() => Some(reader.take()),
            _ => None,
        }
    }

    /// The outermost value. `text` must be what the tape was read from.
    pub fn root<'a>(&'a self, text: &'a [u8]) -> Node<'a> {
        self.node(text, 0)
    }

    /// The value with this index, which one of its nodes had.
    pub(crate) fn node<'a>(&'a self, text: &'a [u8], index: usize) -> Node<'a> {
        Node { entries: &self.entries, text, at: index }
    }
}

/// What a value is, told by its first byte. The number is what stands in the start of its entry: of containers the one
/// with the topmost bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// `null`
    Null = 0,
    /// `true` or `false`
    Bool = 1,
    /// Any number.
    Number = 2,
    /// A string.
    String = 3,
    /// An array.
    Array = 8,
    /// An object.
    Object = 9,
}

impl Kind {
    /// By what stands in a start: a table, as there is no telling which comes next.
    const ALL: [Kind; 16] = {
        let mut all = [Kind::Null; 16];
        all[Kind::Bool as usize] = Kind::Bool;
        all[Kind::Number as usize] = Kind::Number;
        all[Kind::String as usize] = Kind::String;
        all[Kind::Array as usize] = Kind::Array;
        all[Kind::Object as usize] = Kind::Object;
        all
    };
}

/// A value on a tape.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    entries: &'a [Entry],
    text: &'a [u8],
    at: usize,
}

impl<'a> Node<'a> {
    #[inline]
    fn entry(&self) -> Entry {
        self.entries[self.at]
    }

    /// Where its text begins.
    #[inline]
    pub fn start(&self) -> usize {
        self.entry().offset()
    }

    /// What it is.
    #[inline]
    pub fn kind(&self) -> Kind {
        Kind::ALL[(self.entry().start >> KIND_SHIFT) as usize]
    }

    /// The index of the entry that follows the value.
    #[inline]
    fn next(&self) -> usize {
        let Entry { start, end } = self.entry();
        if start & CONTAINER == 0 { self.at + 1 } else { end as usize }
    }

    /// The entries within a container.
    #[inline]
    fn within(&self, kind: Kind) -> Within<'a> {
        let end = if self.kind() == kind { self.entry().end as usize } else { 0 };
        Within { entries: self.entries, text: self.text, at: self.at + 1, end }
    }

    /// The members in the order of the text, by where in it their names stand, which have no escapes; none of what
    /// is no object.
    #[inline]
    pub fn members(&self) -> impl Iterator<Item = (Range<usize>, Node<'a>)> + Clone + use<'a> {
        let mut within = self.within(Kind::Object);
        std::iter::from_fn(move || {
            let name = within.next()?;
            Some((name.content(), within.next()?))
        })
    }

    /// What stands there in the text that it is of: see [`Node::members`].
    #[inline]
    pub fn text_at(&self, range: Range<usize>) -> &'a [u8] {
        &self.text[range]
    }

    /// Between the quotes.
    #[inline]
    fn content(&self) -> Range<usize> {
        let entry = self.entry();
        entry.offset() + 1..(entry.end & !ESCAPED) as usize - 1
    }

    /// Which entry of the tape it is: see [`Tape::node`].
    pub(crate) fn index(&self) -> usize {
        self.at
    }

    /// The elements; none of what is no array.
    #[inline]
    pub fn elements(&self) -> impl Iterator<Item = Node<'a>> + Clone + use<'a> {
        self.within(Kind::Array)
    }

    /// The number, if it is one.
    #[inline]
    pub fn number(&self) -> Option<Number> {
        let entry = self.entry();
        let token = (self.kind() == Kind::Number).then(|| &self.text[entry.offset()..entry.end as usize])?;
        Number::from_token(std::str::from_utf8(token).ok()?)
    }

    /// The bytes of the string, if it is one.
    #[inline]
    pub fn string(&self) -> Option<Cow<'a, [u8]>> {
        match self.kind() {
            Kind::String if self.entry().end & ESCAPED == 0 => {
                Some(Cow::Borrowed(&self.text[self.content()]))
            }
            Kind::String => self.value()?.as_str().map(|text| Cow::Owned(text.as_bytes().to_owned())),
            _ => None,
        }
    }

    /// The value as a tree, which no text that made it onto a tape lacks.
    pub fn value(&self) -> Option<crate::Value> {
        // It ends where it ends; what follows is of no interest.
        parse(&self.text[self.start()..], usize::MAX).value
    }
}

/// What stands in a container, one value after the other.
#[derive(Clone, Debug)]
struct Within<'a> {
    entries: &'a [Entry],
    text: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Iterator for Within<'a> {
    type Item = Node<'a>;

    #[inline]
    fn next(&mut self) -> Option<Node<'a>> {
        if self.at >= self.end {
            return None;
        }
        let node = Node { entries: self.entries, text: self.text, at: self.at };
        self.at = node.next();
        Some(node)
    }
}

/// How far a text was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More bytes are needed.
    More,
    /// The text ends before this offset.
    Whole(usize),
    /// It deviates from strict JSON, or is beyond what a tape is for.
    Odd,
}

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
enum Due {
    /// The container that everything is in.
    #[default]
    Top,
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    Colon,
    /// A comma or the end of the container.
    Next,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    /// Its entry.
    entry: u32,
    members: u32,
    /// A bit for each name, which several may share.
    names: u64,
    is_object: bool,
}

/// Reads a text as it comes.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    entries: Vec<Entry>,
    open: Vec<Open>,
    /// Where the next token begins, perhaps after blanks.
    at: usize,
    /// How far the string that begins there was looked at.
    seen: usize,
    /// It has escapes.
    escaped: bool,
    due: Due,
    values: usize,
}

impl Reader {
    /// Forgets what was read.
    pub fn reset(&mut self) {
        let (mut entries, mut open) = (std::mem::take(&mut self.entries), std::mem::take(&mut self.open));
        entries.clear();
        open.clear();
        entries.shrink_to(ENTRIES_KEPT);
        *self = Reader { entries, open, ..Reader::default() };
    }

    /// The tape of a text that was read whole, no longer than it must be.
    pub fn take(&mut self) -> Tape {
        let tape = Tape { entries: self.entries.as_slice().into() };
        self.reset();
        tape
    }

    /// Goes on in a text of which there may be more bytes than the last time.
    pub fn advance(&mut self, text: &[u8], nesting_max: usize) -> Progress {
        if text.len() > TEXT_MAX {
            return Progress::Odd;
        }
        loop {
            while let Some(b' ' | b'\t' | b'\r' | b'\n') = text.get(self.at) {
                self.at += 1;
            }
            let Some(&byte) = text.get(self.at) else { return Progress::More };
            let step = match (self.due, byte) {
                (Due::Name | Due::NameOrEnd, b'"') => self.name(text),
                (Due::Colon, b':') => self.go_on_spaced(text, Due::Value),
                (Due::Next, b',') => self.next(text),
                (Due::Next | Due::NameOrEnd, b'}') | (Due::Next | Due::ValueOrEnd, b']') => {
                    match self.close(byte) {
                        Some(progress) => return progress,
                        None => Some(true),
                    }
                }
                (Due::Value | Due::ValueOrEnd | Due::Top, b'{' | b'[') => self.open(byte, nesting_max),
                (Due::Value | Due::ValueOrEnd, b'"') => self.string_value(text),
                (Due::Value | Due::ValueOrEnd, b'-' | b'0'..=b'9') => self.number(text),
                (Due::Value | Due::ValueOrEnd, _) => self.keyword(text),
                _ => None,
            };
            match step {
                Some(true) => {}
                Some(false) => return Progress::More,
                None => return Progress::Odd,
            }
        }
    }

    fn go_on(&mut self, due: Due) -> Option<bool> {
        self.at += 1;
        self.due = due;
        Some(true)
    }

    /// The same behind a mark that QEMU writes a blank after.
    #[inline]
    fn go_on_spaced(&mut self, text: &[u8], due: Due) -> Option<bool> {
        self.at += usize::from(text.get(self.at + 1) == Some(&b' '));
        self.go_on(due)
    }

    /// Goes on behind the comma that stands here.
    #[inline]
    fn next(&mut self, text: &[u8]) -> Option<bool> {
        let is_object = self.open.last()?.is_object;
        self.go_on_spaced(text, if is_object { Due::Name } else { Due::Value })
    }

    /// Notes a scalar that ends before `end`, or a string so marked, and goes on behind the comma if one follows.
    #[inline]
    fn scalar(&mut self, text: &[u8], kind: Kind, end: usize, mark: u32) -> Option<bool> {
        self.count()?;
        self.push(kind, end as u32 | mark);
        self.at = end;
        self.due = Due::Next;
        if text.get(end) == Some(&b',') { self.next(text) } else { Some(true) }
    }

    fn push(&mut self, kind: Kind, end: u32) {
        self.entries.push(Entry { start: self.at as u32 | (kind as u32) << KIND_SHIFT, end });
    }

    fn count(&mut self) -> Option<()> {
        self.values += 1;
        (self.values <= VALUES_MAX).then_some(())
    }

    fn open(&mut self, bracket: u8, nesting_max: usize) -> Option<bool> {
        self.count()?;
        if self.open.len() >= nesting_max {
            return None;
        }
        let is_object = bracket == b'{';
        self.open.push(Open { entry: self.entries.len() as u32, members: 0, names: 0, is_object });
        self.push(if is_object { Kind::Object } else { Kind::Array }, 0);
        self.go_on(if is_object { Due::NameOrEnd } else { Due::ValueOrEnd })
    }

    /// Closes the innermost container: says so when it was the outermost, or another one than this bracket closes.
    fn close(&mut self, bracket: u8) -> Option<Progress> {
        let Some(open) = self.open.pop().filter(|open| open.is_object == (bracket == b'}')) else {
            return Some(Progress::Odd);
        };
        let next = self.entries.len() as u32;
        self.entries[open.entry as usize].end = next;
        self.go_on(Due::Next);
        self.open.is_empty().then_some(Progress::Whole(self.at))
    }

    fn name(&mut self, text: &[u8]) -> Option<bool> {
        let Some(end) = self.string(text)? else { return Some(false) };
        let name = &text[self.at + 1..end - 1];
        let open = self.open.last_mut()?;
        // A name with escapes may be another spelling of one before.
        if self.escaped || open.members == MEMBERS_MAX {
            return None;
        }
        open.members += 1;
        let ends = name.first().zip(name.last()).map_or(0, |(first, last)| first.wrapping_mul(5) ^ last);
        let bit = 1u64 << ((name.len() as u8 ^ ends) & 63);
        let perhaps = open.names & bit != 0;
        open.names |= bit;
        let first = open.entry as usize + 1;
        if perhaps {
            let end = self.entries.len();
            let mut earlier = Within { entries: &self.entries, text, at: first, end };
            while let (Some(one), Some(_)) = (earlier.next(), earlier.next()) {
                if text[one.content()] == *name {
                    return None;
                }
            }
        }
        self.push(Kind::String, end as u32);
        self.at = end;
        self.due = Due::Colon;
        if text.get(end) != Some(&b':') {
            return Some(true);
        }
        self.go_on_spaced(text, Due::Value)?;
        if text.get(self.at) == Some(&b'"') { self.string_value(text) } else { Some(true) }
    }

    fn string_value(&mut self, text: &[u8]) -> Option<bool> {
        let Some(end) = self.string(text)? else { return Some(false) };
        self.scalar(text, Kind::String, end, if self.escaped { ESCAPED } else { 0 })
    }

    /// The offset behind the string that begins here, `Some(None)` when it goes on.
    #[inline(always)]
    fn string(&mut self, text: &[u8]) -> Option<Option<usize>> {
        if self.seen <= self.at {
            let plain = self.at + 1 + plain_length(&text[self.at + 1..]);
            self.escaped = false;
            if text.get(plain) == Some(&b'"') {
                return Some(Some(plain + 1));
            }
            self.seen = plain;
        }
        self.rest_of_string(text)
    }

    #[cold]
    fn rest_of_string(&mut self, text: &[u8]) -> Option<Option<usize>> {
        loop {
            self.seen += plain_length(&text[self.seen..]);
            match text.get(self.seen) {
                None => return Some(None),
                Some(b'"') => return Some(Some(self.seen + 1)),
                Some(b'\\') => {
                    let Some(length) = escape_length(&text[self.seen..])? else { return Some(None) };
                    self.escaped = true;
                    self.seen += length;
                }
                Some(_) => return None,
            }
        }
    }

    fn number(&mut self, text: &[u8]) -> Option<bool> {
        let Some(length) = number_length(&text[self.at..])? else { return Some(false) };
        self.scalar(text, Kind::Number, self.at + length, 0)
    }

    fn keyword(&mut self, text: &[u8]) -> Option<bool> {
        let rest = &text[self.at..];
        let words: [&[u8]; 3] = [b"true", b"false", b"null"];
        let word = words.into_iter().find(|word| word[0] == rest[0])?;
        match rest.get(..word.len()) {
            Some(there) if there == word => {
                let kind = if word == b"null" { Kind::Null } else { Kind::Bool };
                self.scalar(text, kind, self.at + word.len(), 0)
            }
            None if word.starts_with(rest) => Some(false),
            _ => None,
        }
    }
}

/// The length of the escape that `text` begins with, of a pair of surrogates that of both; `Some(None)` when it goes
/// on.
fn escape_length(text: &[u8]) -> Option<Option<usize>> {
    match text.get(1) {
        None => Some(None),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Some(Some(2)),
        Some(b'u') => {
            let Some(unit) = unit(text)? else { return Some(None) };
            match unit {
                0xD800..0xDC00 => {
                    let rest = &text[6..];
                    if !rest.starts_with(&b"\\u"[..rest.len().min(2)]) {
                        return None;
                    }
                    let Some(low) = self::unit(rest)? else { return Some(None) };
                    (0xDC00..0xE000).contains(&low).then_some(Some(12))
                }
                0xDC00..0xE000 => None,
                _ => Some(Some(6)),
            }
        }
        Some(_) => None,
    }
}

/// The code unit of a `\uXXXX`; `Some(None)` when it goes on.
fn unit(text: &[u8]) -> Option<Option<u32>> {
    let digits = text.get(2..).unwrap_or_default();
    let digits = &digits[..digits.len().min(4)];
    let value = digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))?;
    Some((digits.len() == 4).then_some(value))
}

/// The length of the number that `text` begins with (RFC 8259, section 6); `Some(None)` when it may go on.
fn number_length(text: &[u8]) -> Option<Option<usize>> {
    let text = &text[..text.len().min(NUMBER_MAX)];
    let digits = |from: usize| text.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = usize::from(text.first() == Some(&b'-'));
    let whole = digits(at);
    if whole > 1 && text[at] == b'0' {
        return None;
    }
    at += whole;
    let mut last = whole;
    if last > 0 && text.get(at) == Some(&b'.') {
        last = digits(at + 1);
        at += 1 + last;
    }
    if last > 0 && matches!(text.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(at + 1), Some(b'+' | b'-')));
        last = digits(at + 1 + sign);
        at += 1 + sign + last;
    }
    match text.get(at) {
        None => (at < NUMBER_MAX).then_some(None),
        // What no digit followed that needs one, or what goes on as no number does.
        Some(byte)
            if last == 0 || byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_') =>
        {
            None
        }
        Some(_) => Some(Some(at)),
    }
}
