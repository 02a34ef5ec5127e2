//! Input is framed by value and not by line: without newlines, several commands on a line, one over many, in
//! pieces. Peers that read by line are not sent these.

use super::{Cases, command, send};
use qmprobe_wire::{Start, Step};

/// Milliseconds between two pieces of a command: they are read one by one.
const PIECES_MS: u64 = 20;
/// Milliseconds between its bytes.
const BYTES_MS: u64 = 1;
/// Commands that come together.
const AT_ONCE: u32 = 24;
/// Characters of the id of a command that no agent reads at once.
const LONG: usize = 10_000;

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let good = |id: u32| format!("{{\"execute\":\"{harmless}\",\"id\":{id}}}");
    let unknown = |id: u32| format!("{{\"execute\":\"qmprobe-no-such-command\",\"id\":{id}}}");
    let bare = |text: String| Step::Send(text.into_bytes());
    let mut one = |aim: &str, name: &str, steps: Vec<Step>| cases.push(aim, name, Start::Command, steps);
    one("one-reply", "no newline", vec![bare(good(1)), bare(good(2)), bare(unknown(3))]);
    let many: String = (1..=AT_ONCE).map(|id| if id % 3 == 0 { unknown(id) } else { good(id) }).collect();
    one("reply-order", &format!("{AT_ONCE} commands without white space"), vec![bare(many)]);
    let pretty = format!("{{\n  \"execute\" :\t\"{harmless}\" ,\r\n \"id\" : 1\n}}\n\n\n");
    let whole = good(1) + "\n";
    let (head, tail) = whole.split_at(whole.len() / 2);
    let in_two = [Step::Push(head.into()), Step::Settle(PIECES_MS), Step::Send(tail.into())];
    // A character of two bytes is split as well.
    let accented = format!("{{\"execute\":\"{harmless}\",\"id\":\"\u{e9}\"}}\n");
    let (most, end) = accented.split_at(accented.len() - 1);
    let byte = |byte: &u8| [Step::Push(vec![*byte]), Step::Settle(BYTES_MS)];
    let by_byte = most.as_bytes().iter().flat_map(byte).chain([Step::Send(end.into())]);
    // In a number, a word, an escape and a character.
    let begin = format!("{{\"execute\":\"{harmless}\",\"id\":[12");
    let torn: [&[u8]; 4] = [begin.as_bytes(), b"34,tr", b"ue,\"a\\", b"n\xc3"];
    let rest = b"\xa9b\"]}\n";
    let piece = |piece: &&[u8]| [Step::Push(piece.to_vec()), Step::Settle(PIECES_MS)];
    let in_tokens = torn.iter().flat_map(piece).chain([Step::Send(rest.into())]);
    let untorn = Step::Send([&torn.concat(), &rest[..]].concat());
    let at_once = bare((1..=AT_ONCE).map(|id| good(id) + "\n").collect());
    let long = send(format!("{{\"execute\":\"{harmless}\",\"id\":\"{}\"}}", "x".repeat(LONG)));
    let quoted = |text: &str| send(format!("{{\"execute\":\"{harmless}\",\"id\":\"{text}\"}}"));
    let alone = command(harmless, 0);
    for (name, alone, cut) in [
        ("in two pieces", &alone, Vec::from(in_two)),
        ("torn within tokens", &untorn, in_tokens.collect()),
        ("behind white space", &alone, vec![bare(format!(" \t{}\n", good(2)))]),
        (
            "with brackets in a string",
            &alone,
            vec![quoted("{["), quoted("]}"), quoted("\\\"}"), quoted("{\\\\")],
        ),
        ("without a newline", &alone, vec![bare(good(2))]),
        ("two on a line", &alone, vec![bare(format!("{} {}\n", good(2), good(3)))]),
        ("byte by byte", &bare(accented.clone()), by_byte.collect()),
        ("spread over lines", &alone, vec![send(pretty)]),
        ("many at once", &alone, vec![at_once]),
        ("a long one", &alone, vec![long]),
    ] {
        // None is the same as the one before it.
        let apart = [command(harmless, 100), alone.clone(), command(harmless, 101)];
        one("input-framing", name, [&apart[1..], &cut, &apart, &cut, &apart[..2]].concat());
    }
}
