//! How a peer cuts what the client sends into requests: as QEMU's parser does, or as a server does that hands each text
//! to a strict JSON library.

use qmprobe_wire::Dialect;
use qmprobe_wire::automaton::{Automaton, Desc, Model, NESTING_MAX, Outcome, Stage, TOKEN_BYTES_MAX};
use qmprobe_wire::parse::{DeviationKind, parse};

/// The byte that throws away what an agent's client has begun.
const RESET: u8 = 0xFF;

/// A reader.
#[derive(Debug)]
pub(crate) enum Input {
    /// QEMU's.
    Qemu(Automaton),
    /// A strict JSON library's.
    Strict(Strict),
}

impl Input {
    /// At the start of a stream.
    pub fn new(strict: bool, dialect: Dialect, model: Model) -> Input {
        match strict {
            true => Input::Strict(Strict::new(dialect)),
            false => Input::Qemu(Automaton::new(model)),
        }
    }

    /// Takes bytes in; appends the requests that they complete.
    pub fn feed(&mut self, bytes: &[u8], outcomes: &mut Vec<Outcome>) {
        match self {
            Input::Qemu(automaton) => automaton.feed(bytes, outcomes),
            Input::Strict(strict) => bytes.iter().for_each(|byte| outcomes.extend(strict.take(*byte))),
        }
    }
}

/// A reader of texts without any of QEMU's extensions: a monitor's stand on a line each, an agent's end where their
/// brackets are closed, since whoever resets an agent may write behind half a line.
#[derive(Debug)]
pub(crate) struct Strict {
    dialect: Dialect,
    /// What has come of the text; no more of it is kept than one may have.
    text: Vec<u8>,
    /// How many brackets are open, outside strings.
    open: usize,
    quoted: bool,
    escaped: bool,
    offset: u64,
}

impl Strict {
    fn new(dialect: Dialect) -> Strict {
        Strict { dialect, text: Vec::new(), open: 0, quoted: false, escaped: false, offset: 0 }
    }

    fn take(&mut self, byte: u8) -> Option<Outcome> {
        self.offset += 1;
        let by_value = self.dialect == Dialect::Qga;
        if by_value && byte == RESET {
            self.begin();
            return None;
        }
        if self.text.len() <= TOKEN_BYTES_MAX {
            self.text.push(byte);
        }
        let closed = self.nest(byte);
        let ends = closed && by_value || byte == b'\n' && !(by_value && self.open > 0 && !self.quoted);
        let text = ends.then(|| self.begin())?;
        let text = text.trim_ascii();
        (!text.is_empty()).then(|| self.read(text))
    }

    /// Begins a text; the one before.
    fn begin(&mut self) -> Vec<u8> {
        (self.open, self.quoted, self.escaped) = (0, false, false);
        std::mem::take(&mut self.text)
    }

    /// Whether the byte closes the outermost bracket.
    fn nest(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.quoted => self.escaped = true,
            b'"' => self.quoted = !self.quoted,
            _ if self.quoted => {}
            b'{' | b'[' => self.open += 1,
            b'}' | b']' if self.open > 0 => {
                self.open -= 1;
                return self.open == 0;
            }
            _ => {}
        }
        false
    }

    fn read(&self, text: &[u8]) -> Outcome {
        let offset = self.offset - 1;
        let parsed = parse(text, usize::try_from(NESTING_MAX).unwrap_or(usize::MAX));
        // Of a name that stands twice JSON says only that it had better not.
        let is_json = |kind| matches!(kind, DeviationKind::NonAscii | DeviationKind::DuplicateKey);
        let strict = parsed.deviations.iter().all(|deviation| is_json(deviation.kind));
        match parsed.value.filter(|_| strict && text.len() <= TOKEN_BYTES_MAX) {
            Some(value) => Outcome::Value { offset, value },
            None => Outcome::Error { offset, stage: Stage::Syntax, desc: Desc::of("this is no JSON text") },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `v` for each value, `e` for each error.
    fn read(dialect: Dialect, bytes: &[u8]) -> String {
        let mut outcomes = Vec::new();
        Input::new(true, dialect, Model::V3_1).feed(bytes, &mut outcomes);
        outcomes.iter().map(|one| if matches!(one, Outcome::Value { .. }) { 'v' } else { 'e' }).collect()
    }

    #[test]
    fn a_line_is_one_text_of_plain_json() {
        assert_eq!(read(Dialect::Qmp, b"{\"a\":\"\xc3\xa9\"}\r\n\n  [1]\n{\"a\":1,\"a\":2}\n"), "vvv");
        for line in ["{'a':1}", "{\"a\":1}{}", "{\"a\":1,}", "01", "nul", "\u{7}{}"] {
            assert_eq!(read(Dialect::Qmp, format!("{line}\n{{}}\n").as_bytes()), "ev", "{line}");
        }
        assert_eq!(read(Dialect::Qmp, b"{\"a\":1}"), "", "a line that does not end");
        assert_eq!(read(Dialect::Qmp, b"{\xff\n{}\n"), "ev");
    }

    #[test]
    fn an_agents_text_begins_anew_with_the_reset_byte() {
        assert_eq!(read(Dialect::Qga, b"{\"a\":[\xff{}\n"), "v");
    }

    #[test]
    fn an_agents_text_ends_with_its_brackets() {
        assert_eq!(read(Dialect::Qga, b"{\"a\":[\n1]}"), "v", "no newline after it, and one within");
        assert_eq!(read(Dialect::Qga, b"{\"]}\":\"\\\"}\"}[[]]{'a':1}\n]\n\"{\n{}"), "vveeev");
    }
}
