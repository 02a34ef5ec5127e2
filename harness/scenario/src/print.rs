//! Writes a scenario as text: what is read back is the same scenario.

use crate::header::argument_line;
use crate::model::{Action, Header, Line, Prop, Scenario, Session};
use crate::pattern::{Element, Pattern};
use qmprobe_wire::escape::escape;
use qmprobe_wire::{Dialect, Number, Payload, Value, VersionRange};
use std::fmt::{self, Display, Formatter, Write};

impl Display for Scenario {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for line in &self.header.about {
            writeln!(f, "{}", comment(line))?;
        }
        if !self.header.about.is_empty() {
            writeln!(f)?;
        }
        self.header.fmt(f)?;
        let mut answered = true;
        for line in &self.lines {
            let asks = matches!(line.action, Action::Send(_) | Action::SendBytes(_) | Action::PassFd(_));
            if answered && !matches!(line.action, Action::Receive { .. } | Action::Capture { .. }) {
                writeln!(f)?;
            }
            answered = !asks && !matches!(line.action, Action::Scratch(_) | Action::Comment(_));
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

fn comment(text: &str) -> String {
    if text.is_empty() { "#".to_owned() } else { format!("# {text}") }
}

impl Display for Header {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut entry = |key: &str, value: &str| match value.is_empty() {
            true => Ok(()),
            false => writeln!(f, "{key}: {value}"),
        };
        entry("rule", &self.rules.join(", "))?;
        entry("dialect", if self.dialect == Dialect::Qga { "qga" } else { "" })?;
        entry("versions", &range(self.versions).unwrap_or_default())?;
        entry("needs", &self.needs.join(", "))?;
        entry("peer", &self.peers.join(", "))?;
        entry("arguments", &argument_line(&self.arguments))?;
        entry("monitors", &self.monitors.join(", "))?;
        let session = match self.session {
            Session::Negotiated => "",
            Session::Oob => "oob",
            Session::Fresh => "fresh",
        };
        entry("session", session)?;
        entry("events", if self.exact_events { "exact" } else { "" })?;
        entry("desc", if self.compare_desc { "exact" } else { "" })?;
        entry("unjudged", self.unjudged.as_deref().unwrap_or_default())?;
        let known = self.known_defect.as_ref();
        let known = known.map(|known| {
            format!("{} {}", range(known.versions).unwrap_or_else(|| "*".to_owned()), known.reason)
        });
        entry("known-defect", &known.unwrap_or_default())
    }
}

/// The range as it is read; `None` is every version.
fn range(versions: VersionRange) -> Option<String> {
    match (versions.first, versions.last) {
        (None, None) => None,
        (Some((a, b)), None) => Some(format!(">={a}.{b}")),
        (None, Some((c, d))) => Some(format!("<={c}.{d}")),
        (Some(first), Some(last)) if first == last => Some(format!("{}.{}", first.0, first.1)),
        (Some((a, b)), Some((c, d))) => Some(format!("{a}.{b}-{c}.{d}")),
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(client) = &self.client {
            write!(f, "@{client} ")?;
        }
        match &self.action {
            Action::Comment(text) => f.write_str(&comment(text)),
            Action::Send(text) => write!(f, "-> {}", text.replace('\n', "\n   ")),
            Action::SendBytes(payload) => write!(f, "=> {}", payload_words(payload)),
            Action::PassFd(name) => write!(f, "pass-fd {name}"),
            Action::Receive { pattern, sentinel, overtakes } => {
                let (oob, byte) =
                    (if *overtakes { "oob " } else { "" }, if *sentinel { "0xFF " } else { "" });
                write!(f, "{oob}<- {byte}{pattern}")
            }
            Action::Event { name, data: None } => write!(f, "event {name}"),
            Action::Event { name, data: Some(data) } => write!(f, "event {name} {data}"),
            Action::Elide => f.write_str("..."),
            Action::Capture { name, path } => write!(f, "capture {name} {path}"),
            Action::Wait(ms) => write!(f, "wait {ms}ms"),
            Action::Silence(ms) => write!(f, "silence {ms}ms"),
            Action::HalfClose => f.write_str("half-close"),
            Action::Eof => f.write_str("eof"),
            Action::Drop => f.write_str("drop"),
            Action::Reconnect => f.write_str("reconnect"),
            Action::Exit(code) => write!(f, "exit {code}"),
            Action::Scratch(Prop::Fifo { name }) => write!(f, "scratch fifo {name}"),
            Action::Scratch(Prop::File { name, bytes }) => write!(f, "scratch file {name} {bytes}"),
            Action::Feed(name) => write!(f, "feed {name}"),
            Action::Memory(bytes) if bytes % (1 << 20) == 0 => write!(f, "memory +{}M", bytes >> 20),
            Action::Memory(bytes) => write!(f, "memory +{bytes}"),
        }
    }
}

/// A stretch says how often: `5b '0' ',0'*1048576`.
fn payload_words(payload: &Payload) -> String {
    let words = payload.parts().map(|(bytes, times)| match times {
        1 => byte_words(bytes),
        _ => format!("{}*{times}", quoted(bytes)),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn quoted(bytes: &[u8]) -> String {
    match bytes.contains(&b'\'') {
        // Apostrophes spare JSON its backslashes.
        true => format!("\"{}\"", escape(bytes).replace('"', "\\\"")),
        false => format!("'{}'", escape(bytes)),
    }
}

/// Text in quotes where it is text, else digits: `ff 00 '{"execute"'`.
fn byte_words(bytes: &[u8]) -> String {
    let is_text = |byte: &u8| (b' '..=b'~').contains(byte) || matches!(byte, b'\r' | b'\n' | b'\t');
    let words = bytes.chunk_by(|a, b| is_text(a) == is_text(b)).map(|run| match is_text(&run[0]) {
        true => quoted(run),
        false => run.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" "),
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Display for Pattern {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Pattern::Any => f.write_str("..."),
            Pattern::Name(name) => write!(f, "${name}"),
            Pattern::Null => f.write_str("null"),
            Pattern::Bool(b) => write!(f, "{b}"),
            // What is no number has no JSON; nothing but itself would match.
            Pattern::Number(Number::Double(double)) if double.is_nan() => f.write_str("..."),
            Pattern::Number(number) => write!(f, "{number}"),
            Pattern::String(text) => write!(f, "{}", Value::string(text.as_str())),
            Pattern::Array(elements) => {
                f.write_char('[')?;
                for (index, element) in elements.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    match element {
                        Element::One(pattern) => pattern.fmt(f)?,
                        Element::Rest => f.write_str("...")?,
                    }
                }
                f.write_char(']')
            }
            Pattern::Object { members, more } => {
                f.write_char('{')?;
                for (index, (name, pattern)) in members.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    write!(f, "{}: {pattern}", Value::string(name.as_str()))?;
                }
                if *more {
                    f.write_str(if members.is_empty() { "..." } else { ", ..." })?;
                }
                f.write_char('}')
            }
        }
    }
}
