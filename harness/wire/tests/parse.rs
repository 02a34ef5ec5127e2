//! One JSON text in, a value and its exact deviations out: each deviation firing and silent.

use proptest::prelude::*;
use qmprobe_wire::parse::{DEVIATIONS_MAX, parse};
use qmprobe_wire::{DeviationKind, Number, Parsed, Value};

use DeviationKind::*;

fn read(text: impl AsRef<[u8]>) -> Parsed {
    parse(text.as_ref(), 1024)
}

/// The value's text, or `-`, and each deviation as `Kind@offset`.
fn account(text: impl AsRef<[u8]>) -> String {
    let parsed = read(text);
    let mut account = parsed.value.map_or("-".to_owned(), |value| value.to_string());
    for deviation in parsed.deviations {
        account.push_str(&format!(" {:?}@{}", deviation.kind, deviation.offset));
    }
    account
}

fn kinds(text: impl AsRef<[u8]>) -> Vec<DeviationKind> {
    read(text).deviations.iter().map(|deviation| deviation.kind).collect()
}

#[test]
fn strict_json_in_ascii_has_no_deviation() {
    let texts = [
        r#"{"return": {"a": [1, -2, 3.5, 1e5, 1E-5, 0, -0, 0.0, 0e1], "b": null, "c": true, "d": false}}"#,
        r#"" \" \\ \/ \b \f \n \r \t \u0041 \u0000 \uD83D\uDE00 \uFFFF ' ""#,
        " \t\r\n[ { } , [ ] ] \r\n",
        "12345678901234567890123",
        "-9223372036854775808",
        "\"\u{7f}\"",
    ];
    for text in texts {
        assert_eq!(kinds(text), [], "{text}");
        assert!(read(text).value.is_some(), "{text}");
    }
}

#[test]
fn a_value_is_read_exactly() {
    let parsed = read(r#"{"a": [1, {"b": "x\ty\u00e9\ud83d\ude00"}], "c": {}, "d": 18446744073709551615}"#);
    let expected = Value::Object(vec![
        (
            "a".into(),
            Value::Array(vec![Value::int(1), Value::Object(vec![("b".into(), Value::string("x\tyé😀"))])]),
        ),
        ("c".into(), Value::Object(vec![])),
        ("d".into(), Value::Number(Number::Uint(u64::MAX))),
    ]);
    assert_eq!(parsed.value, Some(expected));
}

#[test]
fn the_kind_of_a_number_is_its_tokens_kind() {
    let numbers = [
        ("1", "Int(1)"),
        ("-0", "Int(0)"),
        ("1.0", "Double(1.0)"),
        ("1e3", "Double(1000.0)"),
        ("999999999999999999", "Int(999999999999999999)"),
        ("9223372036854775808", "Uint(9223372036854775808)"),
        ("1e400", "Double(inf)"),
    ];
    for (text, kind) in numbers {
        let Some(Value::Number(number)) = read(text).value else { panic!("{text} is a number") };
        assert_eq!(format!("{number:?}"), kind);
    }
}

#[test]
fn each_number_that_is_no_json_is_repaired_and_listed() {
    assert_eq!(account("[01]"), "[1] NumberForm@1");
    assert_eq!(account("[-01]"), "[-1] NumberForm@1");
    assert_eq!(account("[.5]"), "[0.5] NumberForm@1");
    assert_eq!(account("[+1]"), "[1] NumberForm@1");
    assert_eq!(account("[1.]"), "[1.0] NumberForm@1");
    assert_eq!(account("[0x1F]"), "[31] NumberForm@1");
    assert_eq!(account("[1, 007, 2]"), "[1,7,2] NumberForm@4");
}

#[test]
fn what_is_not_a_number_is_listed_as_such() {
    assert_eq!(account("[inf]"), "[1e400] NotANumber@1");
    assert_eq!(account("[-inf, 1]"), "[-1e400,1] NotANumber@1");
    assert_eq!(account("[Infinity]"), "[1e400] NotANumber@1");
    assert_eq!(kinds("NaN"), [NotANumber]);
    assert_eq!(kinds("-nan"), [NotANumber]);
}

#[test]
fn strings_are_repaired_and_listed() {
    assert_eq!(account("['a\"b']"), r#"["a\"b"] SingleQuote@1"#);
    assert_eq!(account("\"a\tb\nc\""), r#""a\u0009b\u000Ac" ControlCharacter@2 ControlCharacter@4"#);
    assert_eq!(account(r#""a\qb\'""#), r#""aqb'" Escape@2 Escape@5"#);
    assert_eq!(account(r#""\u12""#), r#""\uFFFD12" Escape@1"#);
}

#[test]
fn a_lone_surrogate_becomes_the_replacement_character() {
    assert_eq!(account(r#""\uD800x""#), r#""\uFFFDx" LoneSurrogate@1"#);
    assert_eq!(account(r#""\uDC00""#), r#""\uFFFD" LoneSurrogate@1"#);
    assert_eq!(account(r#""\uD800\u0041""#), r#""\uFFFDA" LoneSurrogate@1"#);
    assert_eq!(account(r#""\uDC00\uD800""#), r#""\uFFFD\uFFFD" LoneSurrogate@1 LoneSurrogate@7"#);
}

#[test]
fn raw_utf8_is_listed_once_per_run_and_broken_utf8_where_it_breaks() {
    assert_eq!(account("\"aé😀b😀\""), r#""a\u00E9\uD83D\uDE00b\uD83D\uDE00" NonAscii@2 NonAscii@9"#);
    assert_eq!(account(b"\"a\xFFb\""), r#""a\uFFFDb" NotUtf8@2"#);
    assert_eq!(account(b"\"\xC3\xA9\xC3\""), r#""\u00E9\uFFFD" NonAscii@1 NotUtf8@3"#);
    assert_eq!(account(b"\"\xED\xA0\x80\"").split(' ').nth(1), Some("NotUtf8@1"));
}

#[test]
fn a_repeated_key_is_kept_and_listed_where_it_stands() {
    assert_eq!(account(r#"{"a":1, "a":2}"#), r#"{"a":1,"a":2} DuplicateKey@8"#);
    assert_eq!(account(r#"{"a":1,"b":{"a":2}}"#), r#"{"a":1,"b":{"a":2}}"#);
    assert_eq!(account(r#"{"\q":1,"\q":2}"#), r#"{"q":1,"q":2} Escape@2 DuplicateKey@8 Escape@9"#);
}

#[test]
fn a_repeated_key_is_found_among_many_members() {
    let members: Vec<String> = (0..1000).map(|i| format!("\"k{i}\":{i}")).collect();
    assert_eq!(kinds(format!("{{{}}}", members.join(","))), []);
    for again in ["k0", "k15", "k16", "k17", "k999"] {
        assert_eq!(kinds(format!("{{{},\"{again}\":0}}", members.join(","))), [DuplicateKey], "{again}");
    }
}

#[test]
fn a_comma_too_many_is_listed() {
    assert_eq!(account("[1, 2, ]"), "[1,2] TrailingComma@5");
    assert_eq!(account(r#"{"a":[1,],}"#), r#"{"a":[1]} TrailingComma@7 TrailingComma@9"#);
}

#[test]
fn bytes_after_the_value_are_listed_and_white_space_is_not() {
    assert_eq!(account("{} x"), "{} TrailingBytes@3");
    assert_eq!(account("{} \r\n\t "), "{}");
}

#[test]
fn where_no_value_can_be_made_the_place_is_told() {
    let texts = [
        ("", 0),
        ("  ", 2),
        ("{", 1),
        ("[", 1),
        ("[1", 2),
        ("[1 2]", 3),
        ("{]", 1),
        ("[}", 1),
        ("[,]", 1),
        ("[1,,2]", 3),
        ("{1:2}", 1),
        (r#"{"a" 1}"#, 5),
        (r#"{"a":}"#, 5),
        (r#"{"a":1 "b":2}"#, 7),
        (r#""abc"#, 4),
        (r#""abc\"#, 4),
        ("nul", 0),
        ("-", 0),
        ("1..2", 0),
        ("#", 0),
    ];
    for (text, offset) in texts {
        assert_eq!(account(text), format!("- Syntax@{offset}"), "{text}");
    }
}

#[test]
fn the_nesting_limit_counts_open_containers() {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    assert!(parse(nested(8).as_bytes(), 8).value.is_some());
    let beyond = parse(nested(9).as_bytes(), 8);
    assert!(beyond.value.is_none());
    assert_eq!(beyond.deviations.len(), 1);
    assert_eq!((beyond.deviations[0].kind, beyond.deviations[0].offset), (Nesting, 8));
    assert!(parse(br#"{"a":{"b":1}}"#, 2).value.is_some());
    assert!(parse(br#"{"a":{"b":[]}}"#, 2).value.is_none());
    assert!(parse(b"1", 0).value.is_some());
}

#[test]
fn hostile_depth_costs_no_stack() {
    assert_eq!(read("[".repeat(4 << 20)).deviations[0].kind, Nesting);
    assert_eq!(read("{\"a\":".repeat(1 << 20)).deviations[0].kind, Nesting);
}

#[test]
fn the_list_is_bounded_but_never_loses_the_reason_for_there_being_no_value() {
    let many = format!("[{}]", vec!["01"; 100].join(","));
    assert_eq!(kinds(&many), [NumberForm; DEVIATIONS_MAX]);
    let cut = kinds(&many[..many.len() - 1]);
    assert_eq!(cut.len(), DEVIATIONS_MAX + 1);
    assert_eq!(cut.last(), Some(&Syntax));
}

#[test]
fn an_object_of_many_members_takes_no_quadratic_time() {
    let members: Vec<String> = (0..100_000).map(|i| format!("\"{i}\":0")).collect();
    let text = format!("{{{}}}", members.join(","));
    assert_eq!(read(&text).value.and_then(|value| value.as_object().map(<[_]>::len)), Some(100_000));
}

/// Values as a peer could mean them.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::int),
        any::<u64>().prop_map(|n| Value::Number(Number::from_u64(n))),
        any::<f64>()
            .prop_filter("JSON has no NaN", |d| !d.is_nan())
            .prop_map(|d| Value::Number(Number::Double(d))),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(any::<String>(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_was_encoded_reads_back_without_deviation(value in any_value()) {
        let parsed = parse(&value.encode(), 64);
        prop_assert_eq!(parsed.deviations, vec![]);
        prop_assert_eq!(format!("{:?}", parsed.value), format!("{:?}", Some(value)));
    }

    #[test]
    fn where_serde_json_reads_a_value_so_do_we_and_without_deviation(text in r#"[\[\]{}:,"a1.e\-0 ]{0,12}"#) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        let ours = parse(text.as_bytes(), 64);
        let strict = ours.deviations.iter().all(|deviation| deviation.kind == DuplicateKey);
        // serde_json refuses a double beyond all bounds, which is JSON all the same.
        let huge = text.contains('e');
        prop_assert!(theirs == (ours.value.is_some() && strict) || (huge && strict && !theirs), "{:?}", ours);
    }

    #[test]
    fn any_bytes_are_either_read_or_refused_with_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let parsed = parse(&bytes, 16);
        let fatal = parsed.deviations.iter().filter(|d| matches!(d.kind, Syntax | Nesting)).count();
        prop_assert_eq!(fatal, usize::from(parsed.value.is_none()));
        prop_assert!(parsed.deviations.iter().all(|deviation| deviation.offset <= bytes.len()));
        prop_assert!(parsed.deviations.is_sorted_by_key(|deviation| deviation.offset));
    }
}
