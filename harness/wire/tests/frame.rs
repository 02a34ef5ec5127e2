//! A peer's output cut into frames: the same ones in whatever pieces it comes.

use proptest::prelude::*;
use qmprobe_wire::{Frame, Framer, Limits, LineEnd, MessageKind, Next};
use std::time::{Duration, Instant};

/// A frame in short: `crlf:`, `lf:` or `open:` and the bytes, `garbage:` and the bytes, or `sentinel`.
fn short(frame: Frame) -> String {
    let text = |bytes: &[u8]| qmprobe_wire::escape::escape(bytes);
    match frame {
        Frame::Message(message) => {
            let end = match message.line_end {
                LineEnd::CrLf => "crlf",
                LineEnd::Lf => "lf",
                LineEnd::Missing => "open",
            };
            format!("{end}:{}", text(&message.bytes))
        }
        Frame::Sentinel => "sentinel".to_owned(),
        Frame::Garbage(bytes) => format!("garbage:{}", text(&bytes)),
    }
}

fn framer() -> Framer {
    Framer::new(&Limits::default())
}

/// The frames of these pieces; at the end also those that nothing terminated.
fn frames<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
    let mut framer = framer();
    let mut frames = Vec::new();
    for piece in pieces {
        framer.feed(piece);
        frames.extend(std::iter::from_fn(|| framer.next_frame()).map(short));
    }
    frames.extend(std::iter::from_fn(|| framer.next_unterminated()).map(short));
    frames
}

fn whole(bytes: &[u8]) -> Vec<String> {
    frames([bytes])
}

#[test]
fn messages_are_cut_by_value_and_their_line_ends_told() {
    let bytes = b"{\"a\": 1}\r\n{\"b\": [2]}\n[3]{\"c\": {}} \n";
    assert_eq!(whole(bytes), ["crlf:{\"a\": 1}", "lf:{\"b\": [2]}", "open:[3]", "lf:{\"c\": {}}"]);
}

#[test]
fn a_line_end_is_lf_or_cr_lf_behind_whatever_blanks() {
    assert_eq!(whole(b"{}\r\r\n"), ["open:{}"]);
    assert_eq!(whole(b"{}\r{}\r\n"), ["open:{}", "crlf:{}"]);
    assert_eq!(whole(b"{}\n\r"), ["lf:{}"]);
    assert_eq!(whole(b"{}\t\n{} \r\n{} {}\n"), ["lf:{}", "crlf:{}", "open:{}", "lf:{}"]);
    assert_eq!(
        whole(&[b"{}", &[b' '; 1000][..], b"\n"].concat()),
        ["open:{}"],
        "an end is looked for nearby"
    );
}

#[test]
fn a_message_over_many_lines_is_one_message() {
    let bytes = b"{\r\n    \"return\": {\r\n    }\r\n}\r\n";
    let mut framer = framer();
    framer.feed(bytes);
    let Some(Frame::Message(message)) = framer.next_frame() else { panic!("one message") };
    assert_eq!((message.kind, message.line_end), (MessageKind::Return, LineEnd::CrLf));
    assert_eq!(message.bytes, bytes[..bytes.len() - 2]);
    assert!(framer.next_frame().is_none());
}

#[test]
fn brackets_and_quotes_within_strings_do_not_count() {
    let text = r#"{"a": "}]{[\"}\\", "b\\\"": "\\"}"#;
    assert_eq!(whole(text.as_bytes()), [format!("open:{}", text.replace('\\', "\\\\"))]);
}

#[test]
fn brackets_balance_by_count_whatever_their_kind() {
    assert_eq!(whole(b"{]\r\n[}}\n"), ["crlf:{]", "open:[}", "garbage:}"]);
}

#[test]
fn a_sentinel_stands_for_itself() {
    assert_eq!(whole(b"\xff{}\n\xff\xff{}\n"), ["sentinel", "lf:{}", "sentinel", "sentinel", "lf:{}"]);
}

#[test]
fn white_space_behind_a_sentinel_belongs_to_nothing() {
    assert_eq!(whole(b"\xff\n{}\n \n{}\n"), ["sentinel", "garbage:\\n", "lf:{}", "lf:{}"]);
    assert_eq!(whole(b"\xff \t{}\n"), ["sentinel", "garbage: \\t", "lf:{}"]);
}

#[test]
fn a_sentinel_within_a_message_cuts_it_short() {
    assert_eq!(whole(b"{\"a\": [1\xff{}\n"), ["garbage:{\"a\": [1", "sentinel", "lf:{}"]);
    assert_eq!(whole(b"{\"a\xff{}\n"), ["garbage:{\"a", "sentinel", "lf:{}"]);
    assert_eq!(whole(b"{\"a\\\xff{}\n"), ["garbage:{\"a\\\\", "sentinel", "lf:{}"]);
}

#[test]
fn a_string_that_runs_into_the_next_message_cuts_its_own_short() {
    assert_eq!(whole(b"{\"ret\r\n{\"return\": 5}\r\n"), ["garbage:{\"ret", "crlf:{\"return\": 5}"]);
    assert_eq!(whole(b"{\"ret\n\xff{}\n"), ["garbage:{\"ret", "sentinel", "lf:{}"]);
}

#[test]
fn a_control_character_within_a_string_is_the_parsers_affair() {
    for text in
        [b"{\"a\x01b\": 1}\n".as_slice(), b"{\"a\tb\": 1}\n", b"{\"a\nb\": 1}\n", b"{\"a\\\nb\": 1}\n"]
    {
        let mut framer = framer();
        framer.feed(text);
        let Some(Frame::Message(message)) = framer.next_frame() else { panic!("one message") };
        assert_eq!(message.bytes, text[..text.len() - 1]);
        assert!(!message.deviations().is_empty());
    }
}

#[test]
fn what_begins_no_message_is_garbage_up_to_the_next_that_could() {
    assert_eq!(whole(b"12\r\n{}\r\n"), ["garbage:12", "crlf:{}"]);
    assert_eq!(whole(b"oops{}\n"), ["garbage:oops", "lf:{}"]);
    assert_eq!(whole(b"oops\r{}\n"), ["garbage:oops\\r", "lf:{}"]);
    assert_eq!(whole(b"}}\n\x80\xff"), ["garbage:}}", "garbage:\\x80", "sentinel"]);
    assert_eq!(whole(b"warning: [x]\n"), ["garbage:warning: [x]"]);
    assert_eq!(whole(b" \t\r\n\n "), Vec::<String>::new());
}

#[test]
fn a_message_waits_for_its_line_end_and_is_given_out_without_on_request() {
    let mut framer = framer();
    framer.feed(b"{}");
    assert!(framer.next_frame().is_none() && framer.awaits_line_end());
    framer.feed(b"\r");
    assert!(framer.next_frame().is_none() && framer.awaits_line_end());
    let Some(frame) = framer.next_unterminated() else { panic!("one message") };
    assert_eq!(short(frame), "open:{}");
    assert!(!framer.awaits_line_end());
    framer.feed(b"\n{}\n");
    assert_eq!(framer.next_frame().map(short).as_deref(), Some("lf:{}"));
}

#[test]
fn an_incomplete_message_is_pending_and_never_given_out() {
    let mut framer = framer();
    framer.feed(b"{}\n{\"a\": ");
    assert!(framer.next_frame().is_some());
    assert!(framer.next_unterminated().is_none());
    assert_eq!(framer.pending(), 6);
    framer.feed(b"1}\n");
    assert!(framer.next_frame().is_some());
    assert_eq!(framer.pending(), 0);
}

#[test]
fn an_endless_message_overflows_and_one_within_the_limit_does_not() {
    let limits = Limits { message_bytes_max: 10, ..Limits::default() };
    for endless in [b"{\"aaaaaaaaa".as_slice(), b"[[[[[[[[[[[", b"aaaaaaaaaaa"] {
        let mut framer = Framer::new(&limits);
        framer.feed(&endless[..10]);
        assert!(framer.next_frame().is_none() && !framer.overflowed());
        framer.feed(&endless[10..]);
        assert!(framer.next_frame().is_none() && framer.overflowed());
    }
    let mut framer = Framer::new(&limits);
    framer.feed(&b"{}\n".repeat(100));
    while framer.next_frame().is_some() {
        assert!(!framer.overflowed());
    }
}

#[test]
fn what_was_given_out_is_let_go_without_harm_to_what_is_held() {
    let mut framer = framer();
    for _ in 0..3 {
        framer.feed(&b"{}\n".repeat(100_000));
        framer.feed(b"{\"a\": 1}");
        assert_eq!(std::iter::from_fn(|| framer.next_frame()).count(), 100_000);
        framer.feed(b"\r\n{\"b\": ");
        assert_eq!(framer.next_frame().map(short).as_deref(), Some("crlf:{\"a\": 1}"));
        framer.feed(b"2}\n");
        assert_eq!(framer.next_frame().map(short).as_deref(), Some("lf:{\"b\": 2}"));
    }
}

#[test]
fn depth_beyond_the_limit_is_a_message_that_does_not_parse() {
    let mut framer = framer();
    framer.feed(&[b"[".repeat(100_000), b"]".repeat(100_000), b"\n".to_vec()].concat());
    let Some(Frame::Message(message)) = framer.next_frame() else { panic!("one message") };
    assert_eq!(message.bytes.len(), 200_000);
    assert!(message.value().is_none());
}

#[test]
fn a_dripped_message_of_megabytes_takes_no_quadratic_time() {
    let mut bytes = b"{\"a\": \"".to_vec();
    bytes.extend(b"x\\n".repeat(1 << 20));
    bytes.extend(b"\", \"b\": [");
    let started = Instant::now();
    let mut framer = framer();
    for byte in &bytes {
        framer.feed(std::slice::from_ref(byte));
        assert!(framer.next_frame().is_none());
    }
    assert_eq!(framer.pending(), bytes.len());
    // Quadratic would be hours.
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// Output of a peer: messages, line ends, sentinels, noise, and messages cut short.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"{\"return\": {}, \"id\": \"x\\\"}\"}".to_vec()),
        2 => Just(b"[1, {\"a\": \"\\\\\"}]".to_vec()),
        4 => Just(b"\r\n".to_vec()),
        2 => Just(b"\n".to_vec()),
        2 => Just(b"\xff".to_vec()),
        1 => Just(b"{\"a\": \"cut".to_vec()),
        1 => Just(b"12 oops".to_vec()),
        1 => Just(b"\r".to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_frames_do_not_depend_on_the_split(bytes in output(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let expected = whole(&bytes);
        prop_assert_eq!(frames(bytes.chunks(1)), expected.clone(), "byte by byte");
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        prop_assert_eq!(frames(cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]])), expected);
    }

    #[test]
    fn no_byte_but_white_space_and_an_incomplete_end_is_lost(bytes in output()) {
        let mut framer = framer();
        framer.feed(&bytes);
        let mut seen = Vec::new();
        while let Some(frame) = framer.next_frame() {
            match frame {
                Frame::Message(message) => seen.extend(message.bytes),
                Frame::Sentinel => seen.push(0xFF),
                Frame::Garbage(garbage) => seen.extend(garbage),
            }
        }
        let dark = |bytes: &[u8]| bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect::<Vec<u8>>();
        let kept = bytes.len() - framer.pending();
        prop_assert_eq!(dark(&seen), dark(&bytes[..kept]));
    }
}

#[test]
fn a_known_message_is_given_out_whole_or_not_at_all() {
    let mut framer = Framer::new(&Limits::default());
    let known: [&[u8]; 3] = [b"{\"return\": {}, \"id\": ", b"7", b"}\r\n"];
    framer.feed(b"{\"return\": {}, ");
    assert_eq!(framer.take_known(&known), Next::Begun);
    assert!(framer.next_frame().is_none());
    framer.feed(b"\"id\": 7}\r\n{\"return\": {}, \"id\": 8}\r\n");
    assert_eq!(framer.take_known(&known), Next::Known);
    assert_eq!(framer.take_known(&known), Next::Other);
    let Some(Frame::Message(message)) = framer.next_frame() else { panic!("the other one is still there") };
    assert_eq!(message.bytes, b"{\"return\": {}, \"id\": 8}");
    assert_eq!(framer.take_known(&known), Next::Begun);
}
