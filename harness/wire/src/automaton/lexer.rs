//! Bytes into tokens: the state machine of `json-lexer.c`, byte by byte but for runs that change no state.

use super::TOKEN_BYTES_MAX;
use crate::scan::run_length;

/// Room kept for the next token when one has ended: a huge token must not cost its room for ever.
const KEPT_BYTES_MAX: usize = 64 << 10;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of `{ } [ ] , :`.
    Mark(u8),
    /// Digits with an optional minus, fraction and exponent.
    Number,
    /// Lower-case letters.
    Keyword,
    /// With its quotes, escapes untouched.
    Text,
    /// No token: the bytes so far, the offending one last.
    Stray,
    /// A token that grew beyond the limit.
    TooLong,
}

/// A token as it passes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a [u8],
    /// Offset of its last byte in the stream.
    pub offset: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Start,
    Recovery,
    Text(u8),
    TextEscape(u8),
    Sign,
    Zero,
    Digits,
    Mantissa,
    MantissaDigits,
    ExponentMark,
    ExponentSign,
    ExponentDigits,
    Keyword,
}

/// What a byte does in a state.
enum Move {
    /// Belongs to the token; goes on in the state.
    Go(State),
    /// Ends the token; belongs to it.
    Ends(Kind),
    /// Ends the token without belonging to it: is looked at again in the start state.
    Before(Kind),
    /// Makes the token an error; is consumed.
    Stray,
    /// Skipped.
    Skip,
    /// Ends the recovery; is looked at again in the start state.
    Restart,
}

#[derive(Debug, Default)]
pub(super) struct Lexer {
    state: State,
    /// What earlier bytes hold of the token that is under way.
    carried: Vec<u8>,
    /// Bytes of that token which passed by without being kept, since it will be too long.
    skipped: usize,
    /// Bytes fed before.
    fed: u64,
}

impl Lexer {
    /// Feeds bytes, handing each token to `take`. A token that lies whole in `bytes` is not copied.
    pub fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(&Token<'_>)) {
        let mut at = 0;
        let mut start = 0;
        loop {
            if self.state == State::Start {
                at = skim(bytes, at, self.fed, take);
            }
            at += self.run(&bytes[at..], at - start);
            let Some(&byte) = bytes.get(at) else { break };
            if self.state == State::Start {
                start = at;
            }
            match moves(self.state, byte) {
                Move::Go(state) => {
                    at += 1;
                    self.state = state;
                    if self.carried.len() + self.skipped + (at - start) > TOKEN_BYTES_MAX {
                        self.give(Kind::TooLong, &bytes[start..at], at, State::Start, take);
                    }
                }
                Move::Ends(kind) => {
                    at += 1;
                    self.give(kind, &bytes[start..at], at, State::Start, take);
                }
                Move::Before(kind) => self.give(kind, &bytes[start..at], at, State::Start, take),
                Move::Stray => {
                    at += 1;
                    self.give(Kind::Stray, &bytes[start..at], at, State::Recovery, take);
                }
                Move::Skip => at += 1,
                Move::Restart => self.state = State::Start,
            }
        }
        if self.in_token() {
            self.carried.extend_from_slice(&bytes[start..]);
        }
        self.fed += bytes.len() as u64;
    }

    /// Whether a token is begun.
    pub fn in_token(&self) -> bool {
        !matches!(self.state, State::Start | State::Recovery)
    }

    /// The state, and the bytes of the token under way.
    pub fn stance(&self) -> (State, usize) {
        (self.state, self.carried.len() + self.skipped)
    }

    /// Lets so many bytes pass by, of which `of_token` belong to the token under way.
    pub fn skip(&mut self, bytes: usize, of_token: usize) {
        self.fed += bytes as u64;
        self.skipped += of_token;
    }

    /// How many of the next bytes change nothing but the length of what is skipped or of the token, of which
    /// `seen` bytes are not carried.
    fn run(&self, bytes: &[u8], seen: usize) -> usize {
        match self.state {
            State::Text(quote) => {
                let room = TOKEN_BYTES_MAX.saturating_sub(self.carried.len() + self.skipped + seen);
                let ends = |byte| (byte == quote) | (byte == b'\\') | !(0x20..0xFE).contains(&byte);
                run_length(&bytes[..room.min(bytes.len())], ends)
            }
            State::Recovery => run_length(bytes, ends_recovery),
            _ => 0,
        }
    }

    /// Hands a token over that ends before `end`.
    fn give(&mut self, kind: Kind, rest: &[u8], end: usize, next: State, take: &mut impl FnMut(&Token<'_>)) {
        let offset = (self.fed + end as u64).saturating_sub(1);
        if self.carried.is_empty() {
            take(&Token { kind, text: rest, offset });
        } else {
            self.carried.extend_from_slice(rest);
            take(&Token { kind, text: &self.carried, offset });
            self.carried.clear();
            self.carried.shrink_to(KEPT_BYTES_MAX);
            self.skipped = 0;
        }
        self.state = next;
    }
}

/// Hands over the tokens that are nothing out of the ordinary and whole in `bytes`, from `at` on, where a token or
/// white space begins. Gives the place where something else begins. Nearly all tokens of nearly all streams are
/// read here; what each may be is said by [`moves`], and this only comes to it sooner.
fn skim(bytes: &[u8], mut at: usize, fed: u64, take: &mut impl FnMut(&Token<'_>)) -> usize {
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        let (kind, length) = match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {
                at += 1;
                continue;
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => (Kind::Mark(byte), 1),
            b'"' | b'\'' => match whole_text(rest, byte) {
                Some(length) => (Kind::Text, length),
                None => return at,
            },
            b'1'..=b'9' => match rest.iter().position(|byte| !byte.is_ascii_digit()) {
                Some(length) if !matches!(rest[length], b'.' | b'e' | b'E') => (Kind::Number, length),
                _ => return at,
            },
            b'a'..=b'z' => match rest.iter().position(|byte| !byte.is_ascii_lowercase()) {
                Some(length) => (Kind::Keyword, length),
                None => return at,
            },
            _ => return at,
        };
        if length > TOKEN_BYTES_MAX {
            return at;
        }
        at += length;
        take(&Token { kind, text: &rest[..length], offset: fed + at as u64 - 1 });
    }
    at
}

/// The length of the string token that `bytes` begins with, if it is whole and has no escapes.
fn whole_text(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut length = 1;
    let (words, rest) = bytes[1..].as_chunks();
    for word in words {
        let stops = stops_in(u64::from_le_bytes(*word), quote);
        length += stops.trailing_zeros() as usize / 8;
        if stops != 0 {
            return (bytes[length] == quote).then_some(length + 1);
        }
    }
    let stop =
        rest.iter().position(|byte| *byte == quote || *byte == b'\\' || !(0x20..0xFE).contains(byte))?;
    (rest[stop] == quote).then_some(length + stop + 1)
}

/// The bytes of a word that end a run in a string: the lowest bit that is set lies in the first of them. Those above
/// it may be wrong. Source: Warren, Hacker's Delight, on finding a zero byte.
fn stops_in(word: u64, quote: u8) -> u64 {
    const ONES: u64 = u64::MAX / 0xFF;
    let below = |word: u64, least: u64| word.wrapping_sub(ONES * least) & !word & (ONES << 7);
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    below(word, 0x20) | is(quote) | is(b'\\') | below(!(word | ONES), 1)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Free of branches: it is asked of whole chunks.
fn ends_recovery(byte: u8) -> bool {
    let mark = (byte | 0x20 == b'{') | (byte | 0x20 == b'}') | (byte == b':') | (byte == b',');
    let control = (byte < 0x20) & (byte != b'\t');
    mark | control | (byte >= 0xFE)
}

fn moves(state: State, byte: u8) -> Move {
    match state {
        State::Start => start(byte),
        State::Recovery if ends_recovery(byte) => Move::Restart,
        State::Recovery => Move::Skip,
        State::Text(quote) => match byte {
            b'\\' => Move::Go(State::TextEscape(quote)),
            _ if byte == quote => Move::Ends(Kind::Text),
            0x20..=0xFD => Move::Go(state),
            _ => Move::Stray,
        },
        State::TextEscape(quote) => match byte {
            0x20..=0xFD => Move::Go(State::Text(quote)),
            _ => Move::Stray,
        },
        State::Keyword => match byte {
            b'a'..=b'z' => Move::Go(State::Keyword),
            _ => Move::Before(Kind::Keyword),
        },
        _ => number(state, byte),
    }
}

fn start(byte: u8) -> Move {
    match byte {
        _ if is_space(byte) => Move::Skip,
        b'{' | b'}' | b'[' | b']' | b',' | b':' => Move::Ends(Kind::Mark(byte)),
        b'"' | b'\'' => Move::Go(State::Text(byte)),
        b'-' => Move::Go(State::Sign),
        b'0' => Move::Go(State::Zero),
        b'1'..=b'9' => Move::Go(State::Digits),
        b'a'..=b'z' => Move::Go(State::Keyword),
        _ => Move::Stray,
    }
}

/// Numbers. After a lone zero there is no exponent, and a further digit is an error.
fn number(state: State, byte: u8) -> Move {
    match (state, byte) {
        (State::Sign, b'0') => Move::Go(State::Zero),
        (State::Sign, b'1'..=b'9') => Move::Go(State::Digits),
        (State::Zero, b'0'..=b'9') => Move::Stray,
        (State::Digits, b'0'..=b'9') => Move::Go(State::Digits),
        (State::Zero | State::Digits, b'.') => Move::Go(State::Mantissa),
        (State::Digits | State::MantissaDigits, b'e' | b'E') => Move::Go(State::ExponentMark),
        (State::Mantissa | State::MantissaDigits, b'0'..=b'9') => Move::Go(State::MantissaDigits),
        (State::ExponentMark, b'+' | b'-') => Move::Go(State::ExponentSign),
        (State::ExponentMark | State::ExponentSign | State::ExponentDigits, b'0'..=b'9') => {
            Move::Go(State::ExponentDigits)
        }
        (State::Zero | State::Digits | State::MantissaDigits | State::ExponentDigits, _) => {
            Move::Before(Kind::Number)
        }
        _ => Move::Stray,
    }
}
