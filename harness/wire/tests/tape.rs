//! The two readers of JSON agree: what makes it onto a tape is what the other one finds nothing wrong with.

use proptest::prelude::*;
use qmprobe_wire::parse::parse;
use qmprobe_wire::tape::{Kind, Node};
use qmprobe_wire::{Framer, Limits, LineEnd, Message, Number, Tape, Value};

const NESTING_MAX: usize = 12;

/// The tree that a tape stands for, made of its own nodes alone.
fn tree(node: Node<'_>) -> Value {
    match node.kind() {
        Kind::Array => Value::Array(node.elements().map(tree).collect()),
        Kind::Object => {
            let name = |range, value: &Node<'_>| {
                String::from_utf8(value.text_at(range).to_vec()).expect("it made it onto the tape")
            };
            Value::Object(node.members().map(|(range, value)| (name(range, &value), tree(value))).collect())
        }
        Kind::Number => Value::Number(node.number().expect("it made it onto the tape")),
        Kind::String => {
            let text = node.string().expect("it made it onto the tape");
            Value::String(String::from_utf8(text.into_owned()).expect("it is text"))
        }
        Kind::Null | Kind::Bool => node.value().expect("it made it onto the tape"),
    }
}

fn agree(text: &[u8]) {
    let read = parse(text, NESTING_MAX);
    let Some(tape) = Tape::read(text, NESTING_MAX) else {
        return;
    };
    assert_eq!(read.deviations, [], "{}", text.escape_ascii());
    let value = read.value.expect("it made it onto the tape");
    assert_eq!(tree(tape.root(text)), value, "{}", text.escape_ascii());
    assert_eq!(
        format!("{:?}", tape.root(text).value().expect("it made it onto the tape")),
        format!("{value:?}")
    );
}

#[test]
fn strict_json_makes_it_onto_a_tape() {
    for text in [
        "{}",
        "[]",
        " [ ] ",
        "[[],{},[{}],\"\",0,-1,1.5,-0.25e-7,1E+3,10,true,false,null]",
        r#"{"return": {"status": "running", "n": 18446744073709551615}, "id": "\u00e9\ud83d\ude00\n"}"#,
        "{\"a\":1,\"b\":{\"a\":2},\"c\":[{\"a\":3},{\"a\":4}]}",
    ] {
        assert!(Tape::read(text.trim().as_bytes(), NESTING_MAX).is_some(), "{text}");
        agree(text.as_bytes());
    }
}

#[test]
fn whatever_deviates_does_not() {
    for text in [
        "",
        "1",
        "\"x\"",
        "[1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"b\":2,\"\\u0061\":3}",
        "[01]",
        "[-]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
        "[1e+]",
        "[0x10]",
        "[inf]",
        "[-inf]",
        "[nul]",
        "[truex]",
        "['a']",
        "[\"\\x\"]",
        "[\"\\u12g4\"]",
        "[\"\\ud800\"]",
        "[\"\\ud800\\u0041\"]",
        "[\"\\udc00\"]",
        "[\"\u{e9}\"]",
        "[\"\t\"]",
        "[}",
        "{]",
        "[1]]",
        "[1] x",
        "[[[[[[[[[[[[[1]]]]]]]]]]]]]",
        "{1:2}",
        "{\"a\" 1}",
        "[1.5.2]",
        "[1-2]",
        "[1_0]",
    ] {
        assert!(Tape::read(text.as_bytes(), NESTING_MAX).is_none(), "{text}");
    }
}

fn literal(text: String) -> String {
    String::from_utf8(Value::string(text).encode()).expect("it is ASCII")
}

/// JSON-like text: pieces that are often, but not always, where they belong.
fn text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| format!("{n:?}")),
        "[ -~]{0,9}".prop_map(literal),
        "\\PC{0,4}".prop_map(literal),
        "-?[0-9.eE+-]{1,6}",
        "\"(\\\\[\"\\\\/bfnrtux0-9a-f]|[a-d]){0,6}\"",
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let names = proptest::collection::vec("[a-c]{0,2}", 0..5);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(|all| format!("[{}]", all.join(", "))),
            (names, proptest::collection::vec(inner, 5)).prop_map(|(names, values)| {
                let members = names.iter().zip(values).map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edits = proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 0..3);
    (text(), edits).prop_map(|(text, edits)| {
        let mut bytes = text.into_bytes();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            let byte = if byte < 128 { b"{}[],:\"\\ 0tn-"[usize::from(byte) % 13] } else { byte };
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 if at < bytes.len() => drop(bytes.remove(at)),
                _ => bytes.insert(at, byte),
            }
        }
        bytes
    })
}

/// Whether the other reader finds an array or object, and nothing to object to.
fn is_strict(text: &[u8]) -> bool {
    let read = parse(text, NESTING_MAX);
    read.deviations.is_empty() && matches!(read.value, Some(Value::Array(_) | Value::Object(_)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn both_readers_find_the_same(text in mutated()) {
        agree(&text);
        // Names with escapes, long numbers and many members alone are left to the other one.
        let plain = !text.contains(&b'\\') && !text.first().is_some_and(u8::is_ascii_whitespace);
        if plain && is_strict(&text) && !text.last().is_some_and(u8::is_ascii_whitespace) {
            prop_assert!(Tape::read(&text, NESTING_MAX).is_some(), "{}", text.escape_ascii());
        }
    }

    #[test]
    fn however_a_text_is_split_it_is_framed_alike(text in mutated(), splits in proptest::collection::vec(1..9usize, 1..9)) {
        let limits = Limits { nesting_max: NESTING_MAX, ..Limits::default() };
        let line = [text.as_slice(), b"\r\n{}\r\n"].concat();
        let whole = frames(&limits, &line, &[line.len()]);
        prop_assert_eq!(frames(&limits, &line, &splits), whole);
    }

    #[test]
    fn members_are_found_alike(text in mutated()) {
        let message = Message::new(text.clone(), LineEnd::CrLf, NESTING_MAX);
        let read = parse(&text, NESTING_MAX);
        prop_assert_eq!(message.deviations(), &read.deviations[..]);
        prop_assert_eq!(message.value(), read.value.as_ref());
        for name in ["a", "b", "c", "aa", ""] {
            let due = read.value.as_ref().and_then(|value| value.get(name));
            prop_assert_eq!(message.get(name), due);
            prop_assert_eq!(message.has(name), due.is_some());
            if let Some(text) = message.text(name) {
                let alone = parse(text, NESTING_MAX);
                prop_assert_eq!(alone.value.as_ref(), due);
                prop_assert!(alone.deviations.is_empty());
            }
        }
    }
}

fn frames(limits: &Limits, bytes: &[u8], splits: &[usize]) -> Vec<String> {
    let mut framer = Framer::new(limits);
    let (mut rest, mut splits, mut out) = (bytes, splits.iter().cycle(), Vec::new());
    while !rest.is_empty() {
        let (chunk, more) = rest.split_at((*splits.next().expect("it goes round")).min(rest.len()));
        framer.feed(chunk);
        rest = more;
        while let Some(frame) = framer.next_frame() {
            out.push(shown(&frame));
        }
    }
    out
}

fn shown(frame: &qmprobe_wire::Frame) -> String {
    match frame {
        qmprobe_wire::Frame::Message(message) => {
            format!("{} {:?} {:?}", message.bytes.escape_ascii(), message.line_end, message.deviations())
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn a_number_keeps_its_kind_on_a_tape() {
    let text = b"[1,18446744073709551615,1.0,1e400]";
    let tape = Tape::read(text, NESTING_MAX).unwrap();
    let kinds: Vec<String> =
        tape.root(text).elements().map(|one| format!("{:?}", one.number().unwrap())).collect();
    assert_eq!(kinds, ["Int(1)", "Uint(18446744073709551615)", "Double(1.0)", "Double(inf)"]);
    assert_eq!(tape.root(text).elements().next().unwrap().number(), Some(Number::Int(1)));
}
