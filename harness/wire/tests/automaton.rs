//! The automaton against what real peers were seen to answer, byte stream by byte stream.

use proptest::prelude::*;
use qmprobe_wire::Payload;
use qmprobe_wire::automaton::{Automaton, Model, NESTING_MAX, Outcome, Stage, TOKEN_BYTES_MAX, TOKENS_MAX};

const MODELS: [Model; 2] = [Model::V3_1, Model::V11];
const DEPTH: usize = NESTING_MAX as usize;

fn outcomes(model: Model, input: impl AsRef<[u8]>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    Automaton::new(model).feed(input.as_ref(), &mut outcomes);
    outcomes
}

/// One letter per outcome: `v`alue, or `L`exical, `S`yntax, `B`ound exceeded.
fn letter(outcome: &Outcome) -> char {
    match outcome {
        Outcome::Value { .. } => 'v',
        Outcome::Error { stage: Stage::Lexical, .. } => 'L',
        Outcome::Error { stage: Stage::Syntax, .. } => 'S',
        Outcome::Error { stage: Stage::Limit, .. } => 'B',
    }
}

fn letters(model: Model, input: impl AsRef<[u8]>) -> String {
    outcomes(model, input).iter().map(letter).collect()
}

/// Both models must make these letters of it.
#[track_caller]
fn makes(input: impl AsRef<[u8]>, expected: &str) {
    let input = input.as_ref();
    for model in MODELS {
        assert_eq!(letters(model, input), expected, "{model:?} of {}", qmprobe_wire::escape::escape(input));
    }
}

/// The one value's text, or what is wrong with it.
fn value_of(input: impl AsRef<[u8]>) -> Result<String, String> {
    match outcomes(Model::V3_1, input).pop() {
        Some(Outcome::Value { value, .. }) => Ok(value.to_string()),
        Some(Outcome::Error { desc, .. }) => Err(desc.to_string()),
        None => Err("nothing".to_owned()),
    }
}

#[test]
fn a_value_is_complete_when_its_brackets_balance() {
    makes(r#"{"execute":"query-name"}"#, "v");
    makes("{}[]{}", "vvv");
    makes("1 2 3\n", "vvv");
    makes("\"a\"'b'true ", "vvv");
    makes("12", "");
    makes("{\"execute\":\"query-name\",\"id\":\n", "");
    makes(" \t\r\n".repeat(100), "");
}

#[test]
fn a_lone_mark_or_a_mismatched_closer_is_one_error() {
    for text in ["}", "]", ",", ":", "{]", "[}", r#"{"execute":}"#, "[,]", "[1,]", r#"{"a":1,}"#] {
        makes(text, "S");
    }
    makes("{}}", "vS");
    makes("{]}", "SS");
    makes("{},{}", "vSv");
}

#[test]
fn each_syntax_error_is_one_error_however_much_is_wrong() {
    for text in
        [r#"{"a" 1}"#, r#"{"a":1 "b":2}"#, "[1 2 3 nan]", "{1:2}", "{{}:1}", "[nan,{1:}]", "nan ", "[0x10]"]
    {
        makes(text, "S");
    }
}

#[test]
fn a_resync_byte_is_one_error_each_and_drops_what_was_open() {
    for byte in [0x00, 0x08, 0x0B, 0x1F, 0xFE, 0xFF] {
        makes([byte; 3], "LLL");
        makes([b"{\"a\":[1,".as_slice(), &[byte], b"{}"].concat(), "Lv");
        makes([b"{\"a".as_slice(), &[byte], b"{}"].concat(), "Lv");
        makes([b"{\"a\\".as_slice(), &[byte], b"{}"].concat(), "Lv");
    }
    makes(b"\xff\n", "L");
}

#[test]
fn a_resync_byte_first_completes_a_scalar() {
    makes(b"12\xff", "vL");
    makes(b"tru\xff", "SL");
    makes(b"-\xff", "L");
    makes(b"1e\xff", "L");
}

#[test]
fn after_another_stray_byte_all_is_skipped_up_to_a_bracket_or_control_character() {
    makes(b"\x80 hello \"abc\" 12 \t{}", "Lv");
    makes("#hello\t12 [1]", "Lv");
    makes("#hello\n12 ", "Lv");
    makes("#a,b", "LS");
    makes("\u{feff}{}", "Lv");
    makes("%p {}", "Lv");
}

#[test]
fn an_error_amid_a_line_leaves_the_closers_to_err_again() {
    for text in ["01", "+1", ".5", "--1", "NaN", "True", "1K", "1_000", "#x", "%p", "//c"] {
        makes(format!("{{\"execute\":\"query-name\",\"id\":{text}}}"), "LS");
    }
    for text in ["1.", "1e", "1e+", "-"] {
        makes(format!("{{\"execute\":\"query-name\",\"id\":{text}}}"), "L");
    }
}

#[test]
fn after_a_lone_zero_there_is_no_exponent() {
    for text in ["[0e1]", "[-0e1]", "[0x10]"] {
        makes(text, "S");
    }
    makes("[0.0e1]", "v");
}

#[test]
fn numbers_are_lexed_as_qemu_does_and_keep_their_kind() {
    let numbers = [
        ("0", "0"),
        ("-0", "0"),
        ("0.0e1", "0.0"),
        ("1e5", "100000.0"),
        ("-1.5E-3", "-0.0015"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e19"),
        ("1e400", "1e400"),
        ("-1e400", "-1e400"),
    ];
    for (text, expected) in numbers {
        assert_eq!(value_of(format!("{text} ")).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn strings_resolve_to_what_qemu_echoes() {
    let strings: [(&[u8], &str); 9] = [
        (br#""\"\'\\\/\b\f\n\r\t""#, r#""\"'\\/\u0008\u000C\u000A\u000D\u0009""#),
        (br#"'a"b'"#, r#""a\"b""#),
        (br#""\u0041\u00e9\ud83d\ude00""#, r#""A\u00E9\uD83D\uDE00""#),
        (br#""a\u0000b""#, r#""a\u0000b""#),
        (b"\"\xC0\x80\"", r#""\u0000""#),
        ("\"é😀\"".as_bytes(), r#""\u00E9\uD83D\uDE00""#),
        (b"\"\x7f\"", r#""\u007F""#),
        (b"''", r#""""#),
        (br#""\ufffd""#, r#""\uFFFD""#),
    ];
    for (bytes, expected) in strings {
        assert_eq!(value_of(bytes).as_deref(), Ok(expected));
    }
}

#[test]
fn a_bad_string_is_a_syntax_error_and_does_no_damage() {
    let strings: [&[u8]; 17] = [
        br#""\q""#,
        br#""\u12""#,
        br#""\u12G4""#,
        br#""\ud800""#,
        br#""\udc00""#,
        br#""\ud800\u0041""#,
        br#""\uFFFE""#,
        br#""\ufdd0""#,
        br#""\ud83f\udffe""#,
        b"\"\xC0\x81\"",
        b"\"\xED\xA0\x80\"",
        b"\"\xEF\xBF\xBE\"",
        b"\"\xEF\xB7\x90\"",
        b"\"\xF4\x90\x80\x80\"",
        b"\"\xC3\"",
        b"\"\x80\"",
        b"\"\xFD\"",
    ];
    for string in strings {
        makes([b"{\"id\":".as_slice(), string, b"}{}"].concat(), "Sv");
        makes([b"{".as_slice(), string, b":1}{}"].concat(), "Sv");
    }
}

#[test]
fn a_control_character_in_a_string_is_a_lexical_error() {
    makes("{\"id\":\"a\n{}", "Lv");
    makes("{\"id\":\"a\tb\"}", "LS");
}

#[test]
fn a_repeated_key_is_an_error_at_any_level() {
    makes(r#"{"a":1,"a":2}"#, "S");
    makes(r#"[{"a":{"b":1,"b":2}}]"#, "S");
    makes(r#"{"a":{"a":1},"b":{"a":1}}"#, "v");
    makes(r#"{"a":1,"\u0061":2}"#, "S");
    assert!(value_of(r#"{"a":1,"a":2}"#).unwrap_err().contains("duplicate key"));
}

#[test]
fn up_to_10_a_syntax_error_waits_for_the_brackets_and_from_11_on_it_does_not() {
    for text in
        [r#"{"a" "b""#, "{{", "{,", "[1 2 ", "[nan ", r#"["\q""#, r#"{"a":1,"a":[]"#, r#"[[[1 2 ] ] "#]
    {
        assert_eq!(letters(Model::V3_1, text), "", "{text}");
        assert_eq!(letters(Model::V11, text), "S", "{text}");
    }
    for text in [r#"{"a":1,"a":["#, r#"{"a":1,"#, "[1 2", "{true"] {
        makes(text, "");
    }
}

#[test]
fn a_resync_byte_takes_the_place_of_a_syntax_error_or_passes_in_silence() {
    for text in [b"[1 2 \xff{}".as_slice(), b"{\"a\" 1 #{}", b"[nan \x01{}"] {
        assert_eq!(letters(Model::V3_1, text), "Lv");
        assert_eq!(letters(Model::V11, text), "Sv");
    }
}

#[test]
fn the_deepest_value_is_read_and_one_level_more_is_not() {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    makes(nested(DEPTH), "v");
    makes("{\"a\":".repeat(DEPTH - 1) + "[]" + &"}".repeat(DEPTH - 1), "v");
    assert_eq!(letters(Model::V3_1, nested(DEPTH + 1)), format!("B{}", "S".repeat(DEPTH + 1)));
    assert_eq!(letters(Model::V11, nested(DEPTH + 1)), "B");
}

#[test]
fn hostile_depth_gives_an_error_per_limit_up_to_10_and_one_from_11_on() {
    assert_eq!(letters(Model::V3_1, "[".repeat(5000)), "BBBB");
    assert_eq!(letters(Model::V11, "[".repeat(5000)), "B");
}

#[test]
fn from_11_on_a_limit_error_lasts_until_the_brackets_balance_or_a_stray_byte() {
    let deep = "[".repeat(DEPTH + 1);
    let after = |rest: &[u8]| letters(Model::V11, [deep.as_bytes(), rest].concat());
    assert_eq!(after(b"{}"), "B");
    assert_eq!(after("]".repeat(DEPTH + 1).as_bytes()), "B");
    assert_eq!(after(("]".repeat(DEPTH + 1) + "{}").as_bytes()), "Bv");
    assert_eq!(after(b"}{}"), "Bv");
    assert_eq!(after(b"\xff{}"), "Bv");
    assert_eq!(after(b"\xff\xff{}"), "BLv");
}

#[test]
fn the_token_count_is_bounded() {
    let full = "[".to_owned() + &"0,".repeat(TOKENS_MAX / 2 - 1);
    makes(full.clone() + "]", "S");
    for model in MODELS {
        let mut automaton = Automaton::new(model);
        let mut outcomes = Vec::new();
        automaton.feed(full.as_bytes(), &mut outcomes);
        automaton.feed(b"0 ", &mut outcomes);
        assert!(outcomes.is_empty() && automaton.pending());
        automaton.feed(b"]{}", &mut outcomes);
        assert_eq!(outcomes.iter().map(letter).collect::<String>(), "Bv", "{model:?}");
    }
}

#[test]
fn the_bytes_of_a_text_are_bounded() {
    let string = |quoted: usize| [b"\"".as_slice(), &vec![b'a'; quoted - 2], b"\""].concat();
    makes(string(TOKEN_BYTES_MAX - 1), "v");
    makes(string(TOKEN_BYTES_MAX), "B");
    makes([b"[".as_slice(), &string(TOKEN_BYTES_MAX - 3), b"]"].concat(), "v");
    let beyond = [b"[".as_slice(), &string(TOKEN_BYTES_MAX - 2), b"]{}"].concat();
    assert_eq!(letters(Model::V3_1, &beyond), "Bv");
}

#[test]
fn a_token_that_never_ends_is_cut_at_the_limit() {
    let mut input = vec![b'a'; TOKEN_BYTES_MAX + 1];
    input[0] = b'"';
    makes(&input[..TOKEN_BYTES_MAX], "");
    makes(&input, "B");
    input.extend(b"\"{}");
    makes(&input, "B");
}

#[test]
fn offsets_tell_where_a_value_began_and_where_an_error_was_seen() {
    let offsets = |input: &[u8]| -> Vec<u64> {
        let offset = |outcome| match outcome {
            Outcome::Value { offset, .. } | Outcome::Error { offset, .. } => offset,
        };
        outcomes(Model::V3_1, input).into_iter().map(offset).collect()
    };
    assert_eq!(offsets(b"  {\"a\":1} 123 \"x\"\xff{1}"), [2, 10, 14, 17, 20]);
}

#[test]
fn an_error_quotes_no_more_than_the_beginning_of_a_token() {
    let desc = value_of(format!("{} ", "a".repeat(1 << 20))).unwrap_err();
    assert!(desc.starts_with("JSON parse error, invalid keyword 'aaa") && desc.len() == 18 + 1023, "{desc}");
    assert_eq!(value_of("12X").unwrap_err(), "JSON parse error, stray 'X'");
    // What is kept of a token differs by its length, and what is shown does not.
    for length in [1, 14, 15, 16, 1022, 1023, 1024] {
        let shown = "a".repeat(length.min(1023));
        let token = format!("\"{}\n", "a".repeat(length));
        let expected = format!("JSON parse error, stray '\"{}", &shown[..length.min(1022)]);
        assert!(value_of(&token).unwrap_err().starts_with(&expected), "{length}");
    }
}

#[test]
fn what_is_begun_but_not_complete_is_pending() {
    for model in MODELS {
        let pending = |input: &[u8]| {
            let mut automaton = Automaton::new(model);
            automaton.feed(input, &mut Vec::new());
            automaton.pending()
        };
        for begun in [b"{".as_slice(), b"[1,", b"12", b"tru", b"\"a", b"'\\", b"{\"a\":{}"] {
            assert!(pending(begun), "{begun:?}");
        }
        for settled in [b"".as_slice(), b" \n", b"{}", b"12 ", b"{]", b"{\xff", b"#recovering"] {
            assert!(!pending(settled), "{settled:?}");
        }
    }
}

#[test]
fn errors_are_told_in_the_words_of_qemu_7_2() {
    let descs: [(&[u8], &str); 22] = [
        (b"{\"a\":\xff", "stray '\u{FFFD}'"),
        (b"\"ab\\\x01", "stray '\"ab\\\u{1}'"),
        (b"\"ab\x00", "stray '\"ab'"),
        (b"\"\xed\xa0\x80\xe4\xb8\xff", "stray '\"\u{FFFD}\u{FFFD}\u{FFFD}'"),
        (b"\"\xc0\x80\xc0\xaf\xfc\x80\x80z\xff", "stray '\"\u{0}\u{FFFD}\u{FFFD}z\u{FFFD}'"),
        (b"{nul:1}", "invalid keyword 'nul'"),
        (b"{{:1}}", "expecting value"),
        (b"{[1 2]:3}", "expected separator in list"),
        (b"{{}:1}", "key is not a string in object"),
        (b"{1:2}", "key is not a string in object"),
        (b"{[}]", "expecting value"),
        (b"{\"a\" 1}", "missing : in object pair"),
        (b"{\"a\":1 2}", "expected separator in dict"),
        (b"{\"a\":1,\"a\":[1 2]}", "expected separator in list"),
        (b"{\"a\":1,\"a\":[1]}", "duplicate key"),
        (b"[\"\\q\"]", "invalid escape sequence in string"),
        (b"[\"\xf5\x80\x80\x80\",1 2]", "invalid UTF-8 sequence in string"),
        (b"[\"\\u12\"]", "\\u12\" is not a valid Unicode character"),
        (b"[\"\\ud800\"]", "\\ud800 is not a valid Unicode character"),
        (b"[\"\\ud800\\u0041x\"]", "\\ud800 is not a valid Unicode character"),
        (b"[\"\\ud83f\\udffe\"]", "\\ud83f\\udffe is not a valid Unicode character"),
        (b"[\"\\u1G2345\"]", "\\u1G23 is not a valid Unicode character"),
    ];
    for (input, expected) in descs {
        let expected = format!("JSON parse error, {expected}");
        assert_eq!(value_of(input), Err(expected), "{}", qmprobe_wire::escape::escape(input));
    }
}

#[test]
fn a_string_ends_where_it_does_wherever_that_is() {
    for length in 0..40 {
        for byte in (0..=0xFF).filter(|byte: &u8| !byte.is_ascii_alphanumeric()) {
            let body = "a".repeat(length);
            for quote in ["\"", "'"] {
                let input = [quote.as_bytes(), body.as_bytes(), &[byte], quote.as_bytes(), b"{} 1 "].concat();
                let mut single = Vec::new();
                let mut automaton = Automaton::new(Model::V3_1);
                input.chunks(1).for_each(|byte| automaton.feed(byte, &mut single));
                assert_eq!(outcomes(Model::V3_1, &input), single, "{}", qmprobe_wire::escape::escape(&input));
            }
        }
    }
}

/// Of the same bytes an outline tells the same, but for what the values are.
fn outlined(model: Model, chunks: &[&[u8]]) -> Vec<Outcome<bool>> {
    let (mut automaton, mut outcomes) = (Automaton::outlining(model), Vec::new());
    chunks.iter().for_each(|chunk| automaton.feed(chunk, &mut outcomes));
    outcomes
}

fn outline_of(outcomes: Vec<Outcome>) -> Vec<Outcome<bool>> {
    let outline = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Value { offset, value } => Outcome::Value { offset, value: value.as_object().is_some() },
        Outcome::Error { offset, stage, desc } => Outcome::Error { offset, stage, desc },
    });
    outline.collect()
}

#[test]
fn an_outline_knows_duplicate_names_however_many_there_are() {
    for members in [2, 31, 32, 33, 34, 500] {
        let names: String =
            (0..members).map(|nth| format!("\"n{nth}\":{{\"n0\":[1],\"b\":{{}}}},")).collect();
        for (last, expected) in [("n1", "duplicate key"), ("\\u006e0", "duplicate key"), ("n", "")] {
            let text = format!("{{{names}\"{last}\":1}}{{\"n0\":1}}");
            let made = outlined(Model::V3_1, &[text.as_bytes()]);
            assert_eq!(made, outline_of(outcomes(Model::V3_1, &text)), "{members} {last}");
            let desc = match &made[0] {
                Outcome::Error { desc, .. } => desc.to_string(),
                Outcome::Value { .. } => String::new(),
            };
            assert!(desc.ends_with(expected) && made.len() == 2, "{members} {last}: {made:?}");
        }
    }
}

#[test]
fn tolerance_is_one_outcome_for_all_errors_in_a_row() {
    let tolerant = |input: &[u8]| letters(Model::Tolerant, input);
    assert_eq!(tolerant(b"{]{}}"), "SvS");
    assert_eq!(tolerant(b"\xff\xff\xff}{}\xff"), "LvL");
    assert_eq!(tolerant("[".repeat(5000).as_bytes()), "B");
    assert_eq!(tolerant(b"{\"id\":01}{}"), "Lv");
}

#[test]
fn the_model_follows_from_the_version() {
    use qmprobe_wire::Version;
    let models =
        [("2.12", Model::Tolerant), ("3.1", Model::V3_1), ("10.2", Model::V3_1), ("11.0", Model::V11)];
    for (version, model) in models {
        assert_eq!(Model::of(Version::parse(version)), model, "{version}");
    }
    assert_eq!(Model::of(None), Model::V3_1);
}

/// Streams made of what the automaton can tell apart.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let pieces: [&[u8]; 27] = [
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"'",
        b"\\",
        b" ",
        b"\n",
        b"\t",
        b"0",
        b"12",
        b"-",
        b".5",
        b"e1",
        b"tru",
        b"e",
        b"\xff",
        b"\x00",
        b"#",
        b"\xc3\xa9",
        b"{\"execute\":\"x\"}",
        b"\"a\":",
        b"\"\\ud800\"",
        b"null",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_outcomes_do_not_depend_on_the_split(input in stream(), at in any::<prop::sample::Index>()) {
        for model in MODELS {
            let expected = outcomes(model, &input);
            let mut halves = Vec::new();
            let mut automaton = Automaton::new(model);
            let (head, tail) = input.split_at(at.index(input.len() + 1));
            automaton.feed(head, &mut halves);
            automaton.feed(tail, &mut halves);
            prop_assert_eq!(&halves, &expected);
            let mut single = Vec::new();
            let mut automaton = Automaton::new(model);
            input.chunks(1).for_each(|byte| automaton.feed(byte, &mut single));
            prop_assert_eq!(&single, &expected);
        }
    }

    #[test]
    fn an_outline_has_the_same_outcomes(input in stream(), at in any::<prop::sample::Index>()) {
        for model in MODELS {
            let (head, tail) = input.split_at(at.index(input.len() + 1));
            prop_assert_eq!(outlined(model, &[head, tail]), outline_of(outcomes(model, &input)));
        }
    }

    #[test]
    fn after_a_resync_byte_every_stream_takes_commands_again(input in stream()) {
        for model in MODELS {
            let answers = letters(model, [&input, b"\xff{}".as_slice()].concat());
            prop_assert!(answers.ends_with('v'), "{}", answers);
        }
    }

    #[test]
    fn within_the_limits_both_models_give_as_many_answers_once_resynchronised(input in stream()) {
        let whole = [&input, b"\xff".as_slice()].concat();
        prop_assert_eq!(letters(Model::V3_1, &whole).len(), letters(Model::V11, &whole).len());
    }

    #[test]
    fn what_strict_json_allows_is_one_value(input in "[ ]?\\{\"a\": (\\[([1-9], ){0,3}null\\]|\"x{0,40}\"|-?[1-9][0-9]{0,5}(\\.[0-9]{1,3})?)\\}") {
        let expected = qmprobe_wire::parse::parse(input.as_bytes(), 8).value;
        for model in MODELS {
            let [Outcome::Value { value, .. }] = &outcomes(model, &input)[..] else { panic!("{input}") };
            prop_assert_eq!(Some(value), expected.as_ref());
        }
    }
}

/// The outcomes of bytes and of a stretch behind them, which must be those of all the bytes.
#[track_caller]
fn stretched(model: Model, (before, same, times, after): (&[u8], &[u8], usize, &[u8])) -> String {
    let mut payload = Payload::from(before);
    payload.repeat(same, times);
    payload.extend(after);
    let (mut automaton, mut outcomes) = (Automaton::new(model), Vec::new());
    automaton.feed_payload(&payload, &mut outcomes);
    let (mut other, mut expected) = (Automaton::new(model), Vec::new());
    other.feed(&payload.to_vec(), &mut expected);
    assert_eq!(outcomes, expected, "{model:?}");
    assert_eq!(automaton.pending(), other.pending());
    outcomes.iter().map(letter).collect()
}

#[test]
fn a_stretch_that_passes_a_limit_has_the_outcomes_of_its_bytes() {
    let pairs = TOKENS_MAX / 2;
    for model in MODELS {
        let told = |of| stretched(model, of);
        assert!(told((b"{\"id\":[0", b",0", pairs, b"]}\n\xFF{}")).contains('B'));
        assert_eq!(told((b"{\"id\":[0", b",0", pairs - 9, b"]}\n\xFF{}")), "vLv");
        assert!(told((b"[[]", b",{\"a\":1}", pairs / 2, b"]\n\xFF{}")).contains('B'));
        told((b"{\"z\":0", b",\"a\":1", pairs, b"}\n\xFF{}"));
    }
    let told = |of| stretched(Model::V3_1, of);
    assert_eq!(told((b"{\"a\":\"", b"b\\u0041", TOKEN_BYTES_MAX / 7, b"a\"}\n\xFF{}")), "BSLv");
    assert_eq!(told((b"[\"", b"a", TOKEN_BYTES_MAX + 5, b"\xFF{}")), "BSLv");
    assert_eq!(
        told((b"[", b"\"abcdefghijklmnopqrstuvwxyz0123456789\",", 1 << 21, b"\xFF{}")).pop(),
        Some('v')
    );
}

#[test]
fn a_stretch_that_passes_no_limit_is_read_as_its_bytes() {
    for model in MODELS {
        let told = |same: &[u8], times| stretched(model, (b"[{\"k\":1", same, times, b"}]\n\xFF{}"));
        told(b",\"a\":1", 2);
        told(b",\"a\":1", 40_000);
        told(b"}{", 40_000);
        told(b"]", 3);
        told(b"\xFF", 70_000);
        told(b"[", DEPTH + 2);
        told(b",\"\":[1,2,", 700);
        told(b"1", 100_000);
        told(b"tru", 4);
    }
}
