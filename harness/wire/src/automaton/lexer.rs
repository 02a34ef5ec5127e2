//! Bytes into tokens: the state machine of `json-lexer.c`, byte by byte.

use super::TOKEN_BYTES_MAX;

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
enum State {
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
    token: Vec<u8>,
    offset: u64,
}

impl Lexer {
    /// Feeds bytes, handing each token to `take`.
    pub fn feed(&mut self, bytes: &[u8], take: &mut impl FnMut(&Token<'_>)) {
        let mut at = 0;
        while at < bytes.len() {
            if let State::Text(quote) = self.state {
                at += self.text_run(&bytes[at..], quote);
                if at == bytes.len() {
                    break;
                }
            }
            self.byte(bytes[at], take);
            at += 1;
            self.offset += 1;
        }
    }

    /// Whether a token is begun.
    pub fn in_token(&self) -> bool {
        !matches!(self.state, State::Start | State::Recovery)
    }

    /// Takes the plain bytes of a string at once, up to the token limit.
    fn text_run(&mut self, bytes: &[u8], quote: u8) -> usize {
        let room = TOKEN_BYTES_MAX.saturating_sub(self.token.len());
        let bytes = &bytes[..room.min(bytes.len())];
        let ends = |byte| (byte == quote) | (byte == b'\\') | !(0x20..0xFE).contains(&byte);
        let run = crate::scan::run_length(bytes, ends);
        self.token.extend_from_slice(&bytes[..run]);
        self.offset += run as u64;
        run
    }

    fn byte(&mut self, byte: u8, take: &mut impl FnMut(&Token<'_>)) {
        let mut consumed = false;
        while !consumed {
            let offset = self.offset;
            match moves(self.state, byte) {
                Move::Go(state) => {
                    self.token.push(byte);
                    self.state = state;
                    consumed = true;
                }
                Move::Ends(kind) => {
                    self.token.push(byte);
                    self.give(kind, offset, State::Start, take);
                    consumed = true;
                }
                Move::Before(kind) => self.give(kind, offset.saturating_sub(1), State::Start, take),
                Move::Stray => {
                    self.token.push(byte);
                    self.give(Kind::Stray, offset, State::Recovery, take);
                    consumed = true;
                }
                Move::Skip => consumed = true,
                Move::Restart => self.state = State::Start,
            }
        }
        if self.token.len() > TOKEN_BYTES_MAX {
            self.give(Kind::TooLong, self.offset, State::Start, take);
        }
    }

    fn give(&mut self, kind: Kind, offset: u64, next: State, take: &mut impl FnMut(&Token<'_>)) {
        take(&Token { kind, text: &self.token, offset });
        self.token.clear();
        self.token.shrink_to(KEPT_BYTES_MAX);
        self.state = next;
    }
}

fn moves(state: State, byte: u8) -> Move {
    match state {
        State::Start => start(byte),
        State::Recovery => match byte {
            b'[' | b']' | b'{' | b'}' | b':' | b',' | 0xFE | 0xFF => Move::Restart,
            b'\t' => Move::Skip,
            0x00..=0x1F => Move::Restart,
            _ => Move::Skip,
        },
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
        b' ' | b'\t' | b'\r' | b'\n' => Move::Skip,
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
