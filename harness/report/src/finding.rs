//! One finding as labelled lines, for whoever prints it. Safe to print: see [`crate::text::printable`].

use crate::text::{counted, printable, shell_word, shorten};
use qmprobe_engine::event::Finding;
use qmprobe_wire::Dialect;
use qmprobe_wire::escape::escape_short;

/// A labelled line.
pub(crate) struct Field {
    /// What it is; empty when it goes on with the label above.
    pub label: &'static str,
    /// The text.
    pub text: String,
    /// To be copied into a shell: never to be wrapped.
    pub verbatim: bool,
}

/// Characters of one piece of evidence; the file has it whole.
const EVIDENCE_CHARS: usize = 320;
/// Characters of the actual outcome, and of each accepted one.
const OUTCOME_CHARS: usize = 400;
/// Pieces of evidence printed.
const EVIDENCE_MAX: usize = 8;
/// Lines of a dead peer's standard error printed.
const STDERR_LINES_MAX: usize = 4;

/// What stands above the lines: the command (or `any command`), and the class of the breach.
pub(crate) fn headline(finding: &Finding) -> String {
    let command = finding.command.as_deref().unwrap_or("any command");
    format!("{}: {}", shorten(command, 60), shorten(&finding.class, 40))
}

/// `reproduced 3/3, seen 12 times, first told after 95 s`; there may have been no peer to try it on again.
pub(crate) fn frequency(finding: &Finding) -> String {
    let times = counted(finding.occurrences, "time", "times");
    let tried = match finding.tries {
        0 => "not tried again".to_owned(),
        tries => format!("reproduced {}/{tries}", finding.reproduced),
    };
    let told = finding.after_s.map(|seconds| format!(", first told after {seconds} s"));
    format!("{tried}, seen {times}{}", told.unwrap_or_default())
}

/// Everything that a finding of a known rule has to say for itself.
pub(crate) fn fields(finding: &Finding) -> Vec<Field> {
    let mut out = Vec::new();
    place(finding, &mut out);
    for (index, expected) in finding.expected.iter().enumerate() {
        push(&mut out, if index == 0 { "expected" } else { "or" }, shorten(expected, OUTCOME_CHARS));
    }
    push(&mut out, "actual", shorten(&finding.actual, OUTCOME_CHARS));
    evidence(finding, &mut out);
    push(&mut out, "peer", shorten(&finding.peer_after, OUTCOME_CHARS));
    let news = |line: &&str| !line.trim().is_empty() && !finding.actual.contains(line.trim());
    let stderr: Vec<&str> = finding.stderr_tail.lines().filter(news).collect();
    for line in stderr.iter().skip(stderr.len().saturating_sub(STDERR_LINES_MAX)) {
        push(&mut out, "", shorten(line, OUTCOME_CHARS));
    }
    if let Some(core) = &finding.core {
        push(&mut out, "core", shorten(core, OUTCOME_CHARS));
    }
    if let Some(file) = &finding.file {
        verbatim(&mut out, "replay", format!("qmprobe replay {}{}", shell_word(file), place_of(finding)));
    }
    if !finding.by_hand.is_empty() {
        verbatim(&mut out, "by hand", printable(&finding.by_hand).into_owned());
    }
    out
}

/// Where somebody's running peer is to be found, as `replay` wants to be told. Of one that was connected to nothing is
/// known but its address.
fn place_of(finding: &Finding) -> String {
    let peer = &finding.peer;
    // One that is connected to is called by its address, with its version behind if it states one.
    let version = peer.name.strip_prefix(&peer.command_line);
    if peer.kind != "other" || !version.is_some_and(|version| version.is_empty() || version.starts_with(' '))
    {
        return String::new();
    }
    let protocol = if peer.dialect == Dialect::Qga { " --protocol qga" } else { "" };
    format!(" --connect {}{protocol}", shell_word(&peer.command_line))
}

fn place(finding: &Finding, out: &mut Vec<Field>) {
    let value = shorten(&finding.value_path, OUTCOME_CHARS);
    let schema = shorten(&finding.schema_path, OUTCOME_CHARS);
    match (value.is_empty(), schema.is_empty()) {
        (true, true) => {}
        (false, true) => push(out, "where", value),
        (true, false) => push(out, "where", format!("schema {schema}")),
        (false, false) => push(out, "where", format!("{value} (schema {schema})")),
    }
}

fn evidence(finding: &Finding, out: &mut Vec<Field>) {
    let mut last = "";
    for line in finding.evidence.iter().take(EVIDENCE_MAX) {
        let label = if line.direction == "->" { "sent" } else { "received" };
        // Exact bytes have no spaces of their own to break at: the wrapping may cut anywhere.
        push(out, if label == last { "" } else { label }, escape_short(&line.bytes, EVIDENCE_CHARS));
        last = label;
    }
    let more = finding.evidence.len().saturating_sub(EVIDENCE_MAX);
    if more > 0 {
        push(out, "", format!("… and {} in the file", counted(more as u64, "more line", "more lines")));
    }
}

fn push(out: &mut Vec<Field>, label: &'static str, text: String) {
    out.push(Field { label, text, verbatim: false });
}

fn verbatim(out: &mut Vec<Field>, label: &'static str, text: String) {
    out.push(Field { label, text, verbatim: true });
}
