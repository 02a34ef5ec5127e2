//! How a peer cuts what the client sends into requests: as QEMU's parser does, or as a server does that hands each line
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
    /// Line by line.
    Lines(Lines),
}

impl Input {
    /// At the start of a stream.
    pub fn new(strict: bool, dialect: Dialect, model: Model) -> Input {
        match strict {
            true => Input::Lines(Lines { dialect, line: Vec::new(), offset: 0 }),
            false => Input::Qemu(Automaton::new(model)),
        }
    }

    /// Takes bytes in; appends the requests that they complete.
    pub fn feed(&mut self, bytes: &[u8], outcomes: &mut Vec<Outcome>) {
        match self {
            Input::Qemu(automaton) => automaton.feed(bytes, outcomes),
            Input::Lines(lines) => bytes.iter().for_each(|byte| outcomes.extend(lines.take(*byte))),
        }
    }
}

/// A reader of lines, of which each is one JSON text without any of QEMU's extensions.
#[derive(Debug)]
pub(crate) struct Lines {
    dialect: Dialect,
    /// What has come of the line; no more of it is kept than a text may have.
    line: Vec<u8>,
    offset: u64,
}

impl Lines {
    fn take(&mut self, byte: u8) -> Option<Outcome> {
        self.offset += 1;
        if self.dialect == Dialect::Qga && byte == RESET {
            self.line.clear();
            return None;
        }
        if byte != b'\n' {
            if self.line.len() <= TOKEN_BYTES_MAX {
                self.line.push(byte);
            }
            return None;
        }
        let line = std::mem::take(&mut self.line);
        let text = line.trim_ascii();
        (!text.is_empty()).then(|| self.read(text))
    }

    fn read(&self, text: &[u8]) -> Outcome {
        let offset = self.offset - 1;
        let parsed = parse(text, usize::try_from(NESTING_MAX).unwrap_or(usize::MAX));
        // Of a name that stands twice JSON says only that it had better not.
        let is_json = |kind| matches!(kind, DeviationKind::NonAscii | DeviationKind::DuplicateKey);
        let strict = parsed.deviations.iter().all(|deviation| is_json(deviation.kind));
        match parsed.value.filter(|_| strict && text.len() <= TOKEN_BYTES_MAX) {
            Some(value) => Outcome::Value { offset, value },
            None => {
                Outcome::Error { offset, stage: Stage::Syntax, desc: Desc::of("the line is no JSON text") }
            }
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
    fn an_agents_line_begins_anew_with_the_reset_byte() {
        assert_eq!(read(Dialect::Qga, b"{\"a\":[\xff{}\n"), "v");
    }
}
