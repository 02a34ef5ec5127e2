//! From a breach and its transcript to a finding: what is kept as evidence, and by which signature it is known.

use crate::event::{Finding, Line, PeerFacts};
use qmprobe_check::rule::Rule;
use qmprobe_check::verdict::Breach;
use qmprobe_wire::{Ending, Exchange, Frame, LineEnd, Transcript};

/// Exchanges kept up to and including the one of the breach.
const EXCHANGES_MAX: usize = 4;
/// Bytes of evidence kept in all; exact bytes are dropped whole, never shortened.
const BYTES_MAX: usize = 1 << 20;
/// Hexadecimal digits of a signature.
const SIGNATURE_DIGITS: usize = 12;
/// Words in a line of standard error that tell one crash from another.
const CRASH_WORDS: &[&str] = &["ssertion", "assert", "ERROR:", "BUG:", "panicked", "Sanitizer", "fatal"];

/// How reports of sanitizers begin, after which sanitizer it is: compiler-rt `lib/sanitizer_common`.
const SANITIZER: &str = "Sanitizer: ";
/// The same of one that goes on.
const UNDEFINED: &str = ": runtime error: ";
/// Functions of the sanitizer's own, and of what it stands in for.
const RUNTIME: &[&str] =
    &["__asan", "__interceptor", "__sanitizer", "__ubsan", "___interceptor", "malloc", "free"];
/// Functions that tell one defect from another.
const FRAMES_MAX: usize = 3;
/// Lines at the end of standard error that may speak of a crash.
const CRASH_LINES_MAX: usize = 2;

/// The name under which all occurrences of one defect are counted.
pub(crate) fn signature(rule: &Rule, breach: &Breach, transcript: &Transcript) -> String {
    let crash = match &transcript.ending {
        Ending::Exited { stderr_tail, .. } if rule.slug == "peer-survives" => {
            sanitizer_report(stderr_tail).unwrap_or_else(|| crash_line(stderr_tail))
        }
        _ => String::new(),
    };
    let path = without_digits_in_brackets(&breach.schema_path);
    // The same assertion is the same defect, whichever command runs into it.
    let command = if crash.is_empty() { breach.command.as_deref().unwrap_or_default() } else { "" };
    let mut hasher = blake3::Hasher::new();
    for part in [rule.slug, command, &path, &breach.class, &crash] {
        hasher.update(part.as_bytes());
        hasher.update(b"\0");
    }
    hasher.finalize().to_hex()[..SIGNATURE_DIGITS].to_owned()
}

/// What a sanitizer found and where: its kind and the innermost functions of the peer's own. `None` where there is no
/// report of one.
fn sanitizer_report(stderr: &str) -> Option<String> {
    let mut lines = stderr.lines().skip_while(|line| !line.contains(SANITIZER) && !line.contains(UNDEFINED));
    let first = lines.next()?;
    let kind = match first.split_once(SANITIZER) {
        Some((_, found)) => found.split_whitespace().next().unwrap_or_default(),
        None => first.split_once(UNDEFINED).map_or("", |(_, found)| found),
    };
    // `    #1 0x55d0c0ffee in object_unref qom/object.c:1174`
    let frames = lines.skip_while(|line| !is_frame(line)).take_while(|line| is_frame(line));
    let functions = frames.filter_map(|line| line.split_once(" in ")?.1.split_whitespace().next());
    let own = functions.filter(|name| !RUNTIME.iter().any(|prefix| name.starts_with(prefix)));
    let parts: Vec<&str> = std::iter::once(kind.trim()).chain(own.take(FRAMES_MAX)).collect();
    Some(parts.join(" < "))
}

fn is_frame(line: &str) -> bool {
    line.trim_start().strip_prefix('#').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// The line that speaks of a crash, without what differs from run to run: numbers and addresses. Only the end
/// is looked at: earlier lines are of commands that the peer survived.
fn crash_line(stderr: &str) -> String {
    let mut ending = stderr.lines().rev().filter(|line| !line.trim().is_empty()).take(CRASH_LINES_MAX);
    let line = ending.find(|line| CRASH_WORDS.iter().any(|word| line.contains(word)));
    let words = line.unwrap_or_default().split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| !word.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// `a[3].b` as `a[].b`.
fn without_digits_in_brackets(path: &str) -> String {
    let mut inside = false;
    let keep = |c: &char| {
        inside = match c {
            '[' => true,
            ']' => false,
            _ => inside,
        };
        !(inside && c.is_ascii_digit())
    };
    path.chars().filter(keep).collect()
}

/// The finding, not yet confirmed, waived or filed.
pub(crate) fn draft(
    rule: &'static Rule,
    breach: &Breach,
    transcript: &Transcript,
    peer: &PeerFacts,
    signature: String,
) -> Finding {
    let (peer_after, stderr_tail) = match &transcript.ending {
        Ending::Alive => ("alive".to_owned(), String::new()),
        Ending::Disconnected => ("disconnected".to_owned(), String::new()),
        Ending::Hung => ("hung".to_owned(), String::new()),
        Ending::Exited { status, stderr_tail, .. } => (status.clone(), stderr_tail.clone()),
    };
    Finding {
        rule: rule.slug.to_owned(),
        id: rule.id.to_owned(),
        title: rule.title.to_owned(),
        requirement: rule.requirement.to_owned(),
        source: rule.source.to_owned(),
        severity: rule.terms.severity.name().to_owned(),
        signature,
        command: breach.command.clone(),
        class: breach.class.clone(),
        value_path: breach.value_path.clone(),
        schema_path: breach.schema_path.clone(),
        expected: breach.expected.clone(),
        actual: breach.actual.clone(),
        evidence: lines(&transcript.exchanges, breach.exchange),
        peer_after,
        stderr_tail,
        reproduced: 0,
        tries: 0,
        occurrences: 1,
        core: None,
        after_s: None,
        waived: None,
        case: (*transcript.case).clone(),
        peer: peer.clone(),
        by_hand: String::new(),
        file: None,
    }
}

/// The bytes both ways up to and including the exchange `at`, the newest of them first of all.
fn lines(exchanges: &[Exchange], at: usize) -> Vec<Line> {
    let last = (at + 1).min(exchanges.len());
    let first = last.saturating_sub(EXCHANGES_MAX);
    let mut left = BYTES_MAX;
    let mut kept: Vec<Vec<Line>> = Vec::new();
    for exchange in exchanges[first..last].iter().rev() {
        let mut lines = lines_of(exchange, left);
        lines.retain(|line| {
            let fits = line.bytes.len() <= left;
            left -= if fits { line.bytes.len() } else { 0 };
            fits
        });
        kept.push(lines);
    }
    kept.into_iter().rev().flatten().collect()
}

/// What was sent is left out where it is longer than `bytes_max`.
fn lines_of(exchange: &Exchange, bytes_max: usize) -> Vec<Line> {
    let line = |direction: &str, bytes: Vec<u8>| Line { direction: direction.to_owned(), bytes };
    let mut lines = Vec::new();
    if !exchange.sent.is_empty() && exchange.sent.len() <= bytes_max {
        lines.push(line("->", exchange.sent.to_vec()));
    }
    lines.extend(exchange.received.iter().map(|received| line("<-", bytes_of(&received.frame))));
    lines
}

fn bytes_of(frame: &Frame) -> Vec<u8> {
    match frame {
        Frame::Sentinel => vec![0xFF],
        Frame::Garbage(bytes) => bytes.clone(),
        Frame::Message(message) => {
            let end: &[u8] = match message.line_end {
                LineEnd::CrLf => b"\r\n",
                LineEnd::Lf => b"\n",
                LineEnd::Missing => b"",
            };
            [&message.bytes, end].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_check::find;
    use qmprobe_wire::{Dialect, ExchangeEnd, Version};

    fn transcript(stderr: &str) -> Transcript {
        Transcript {
            ending: Ending::Exited {
                status: "signal 6 (SIGABRT)".into(),
                signalled: true,
                code: None,
                stderr_tail: stderr.into(),
            },
            ..Transcript::of_write(Dialect::Qmp, Version::new(7, 2), Vec::new(), b"")
        }
    }

    fn of_crash(stderr: &str) -> String {
        let breach = Breach { class: "SIGABRT".into(), ..Breach::default() };
        signature(find("peer-survives").unwrap(), &breach, &transcript(stderr))
    }

    #[test]
    fn a_sanitizers_report_is_known_by_its_kind_and_the_innermost_functions() {
        let report = |kind: &str, address: &str, inner: &str| {
            format!(
                "qemu: noise\n==7==ERROR: AddressSanitizer: {kind} on address {address} at pc {address}\n\
                 READ of size 8 at {address} thread T0\n    #0 {address} in __interceptor_free (x+1)\n    \
                 #1 {address} in {inner} a.c:5\n    #2 {address} in outer a.c:9\n\n{address} is located\n    \
                 #0 {address} in elsewhere\n==7==ABORTING\n"
            )
        };
        let one = of_crash(&report("heap-use-after-free", "0x60", "object_unref"));
        assert_eq!(one, of_crash(&report("heap-use-after-free", "0x71", "object_unref")));
        assert_ne!(one, of_crash(&report("heap-use-after-free", "0x60", "object_ref")));
        assert_ne!(one, of_crash(&report("heap-buffer-overflow", "0x60", "object_unref")));
        let report = sanitizer_report(&report("heap-use-after-free", "0x60", "object_unref"));
        assert_eq!(report.as_deref(), Some("heap-use-after-free < object_unref < outer"));
        let undefined = sanitizer_report("b.c:3:9: runtime error: shift exponent -1 is negative\n");
        assert_eq!(undefined.as_deref(), Some("shift exponent -1 is negative"));
        assert_eq!(sanitizer_report("a.c:16: f: Assertion `x != 0' failed.\n"), None);
    }

    #[test]
    fn crashes_are_told_apart_by_their_assertion_and_not_by_numbers() {
        let one = of_crash("noise 1\na.c:16: f: Assertion `x != 0' failed.\n");
        assert_eq!(one, of_crash("noise 2\na.c:99: f: Assertion `x != 0' failed.\n"));
        assert_ne!(one, of_crash("a.c:16: f: Assertion `y != 0' failed.\n"));
        assert_ne!(one, of_crash(""));
        assert_eq!(one.len(), SIGNATURE_DIGITS);
    }

    #[test]
    fn other_rules_do_not_look_at_standard_error() {
        let rule = find("one-reply").unwrap();
        let of = |stderr: &str| signature(rule, &Breach::default(), &transcript(stderr));
        assert_eq!(of("assert a"), of("assert b"));
    }

    #[test]
    fn indices_are_no_part_of_a_signature_and_paths_are() {
        let rule = find("return-type").unwrap();
        let of = |path: &str| {
            let breach = Breach { schema_path: path.into(), ..Breach::default() };
            signature(rule, &breach, &transcript(""))
        };
        assert_eq!(of("q.returns[3].a1"), of("q.returns[17].a1"));
        assert_ne!(of("q.returns[3].a1"), of("q.returns[3].a2"));
    }

    #[test]
    fn evidence_ends_with_the_exchange_of_the_breach_and_is_bounded() {
        let exchange = |sent: Vec<u8>| Exchange {
            step: None,
            connection: 0,
            opened: false,
            sent: sent.into(),
            received: Vec::new(),
            end: ExchangeEnd::Complete,
            sent_us: 0,
            attempt: None,
            weight: None,
        };
        let mut exchanges: Vec<Exchange> = (0..8u8).map(|n| exchange(vec![n])).collect();
        let sent = |lines: Vec<Line>| lines.iter().map(|line| line.bytes[0]).collect::<Vec<u8>>();
        assert_eq!(sent(lines(&exchanges, 5)), [2, 3, 4, 5]);
        assert_eq!(sent(lines(&exchanges, 99)), [4, 5, 6, 7]);
        exchanges[4] = exchange(vec![9; BYTES_MAX]);
        assert_eq!(sent(lines(&exchanges, 5)), [2, 3, 5]);
    }
}
