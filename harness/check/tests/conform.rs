//! The walker that judges, on a schema with one of everything.

mod schema;

use qmprobe_check::conform::{Direction, Mismatch, MismatchKind, conform, conform_arguments};
use qmprobe_wire::parse::parse;
use qmprobe_wire::{Tape, Value};

fn value(text: &str) -> Value {
    parse(text.as_bytes(), 64).value.expect("test input is JSON")
}

fn arguments(text: &str) -> Vec<Mismatch> {
    let schema = schema::sample();
    let ty = schema.command("all").expect("declared").arguments;
    let found = conform_arguments(&schema, ty, Some(&value(text)));
    // Whether a value is a tree or stands on a tape is nothing to the judge.
    if let Some(tape) = Tape::read(text.as_bytes(), 64) {
        let on_tape = conform(&schema, ty.expect("it has some"), tape.root(text.as_bytes()), Direction::In);
        assert_eq!(on_tape, found, "{text}");
    }
    found
}

fn only(text: &str) -> (MismatchKind, String, String) {
    let found = arguments(text);
    assert_eq!(found.len(), 1, "{text}: {found:?}");
    (found[0].kind, found[0].value_path.clone(), found[0].schema_path.clone())
}

#[test]
fn conforming_values_have_no_mismatch() {
    for good in [
        r#"{"name":""}"#,
        r#"{"name":"x","small":255,"size":18446744073709551615,"flag":false,"real":1,"any":[{}]}"#,
        r#"{"name":"x","real":1.5,"list":[],"choice":null}"#,
        r#"{"name":"x","list":[0,1],"choice":"y","inner":{"depth":0}}"#,
        r#"{"name":"x","union":{"colour":"red","hue":1}}"#,
        r#"{"name":"x","union":{"colour":"blue"}}"#,
    ] {
        assert_eq!(arguments(good), [], "{good}");
    }
}

#[test]
fn each_kind_of_mismatch_is_told_with_both_paths() {
    let cases = [
        ("{}", MismatchKind::Missing, "name", "name"),
        (r#"{"name":"x","foo":1}"#, MismatchKind::Undeclared, "foo", "foo"),
        (r#"{"name":[]}"#, MismatchKind::Type, "name", "name"),
        (r#"{"name":1}"#, MismatchKind::Coercion, "name", "name"),
        (r#"{"name":"x","flag":"on"}"#, MismatchKind::Coercion, "flag", "flag"),
        (r#"{"name":"x","small":1.0}"#, MismatchKind::Coercion, "small", "small"),
        (r#"{"name":"x","small":"1M"}"#, MismatchKind::Coercion, "small", "small"),
        (r#"{"name":"x","small":"much"}"#, MismatchKind::Type, "small", "small"),
        (r#"{"name":"x","small":null}"#, MismatchKind::Null, "small", "small"),
        (r#"{"name":"x","small":256}"#, MismatchKind::Range, "small", "small"),
        (r#"{"name":"x","list":[0,-1]}"#, MismatchKind::Range, "list[1]", "list[]"),
        (r#"{"name":"x","choice":true}"#, MismatchKind::Type, "choice", "choice"),
        (r#"{"name":"x","inner":{"depth":0,"x":1}}"#, MismatchKind::Undeclared, "inner.x", "inner.x"),
        (
            r#"{"name":"x","union":{"colour":"pink"}}"#,
            MismatchKind::EnumValue,
            "union.colour",
            "union.colour",
        ),
        (r#"{"name":"x","union":{"colour":"red"}}"#, MismatchKind::Missing, "union.hue", "union.hue"),
        (
            r#"{"name":"x","union":{"colour":"blue","hue":1}}"#,
            MismatchKind::Undeclared,
            "union.hue",
            "union.hue",
        ),
        (r#"{"name":"x","union":{"hue":1}}"#, MismatchKind::Missing, "union.colour", "union.colour"),
    ];
    for (text, kind, value_path, schema_path) in cases {
        assert_eq!(only(text), (kind, value_path.to_owned(), schema_path.to_owned()), "{text}");
    }
}

#[test]
fn a_misspelt_member_is_one_mismatch() {
    assert_eq!(only(r#"{"nmae":"x"}"#).0, MismatchKind::Missing);
}

#[test]
fn negative_sizes_are_taken_from_clients_but_not_from_peers() {
    assert_eq!(arguments(r#"{"name":"x","size":-1}"#), []);
    assert_eq!(only(r#"{"name":"x","size":-9223372036854775809}"#).0, MismatchKind::Range);
    let schema = schema::sample();
    let ty = schema.command("all").and_then(|command| command.returns).expect("declared");
    let found = conform(&schema, ty, &value(r#"{"name":"x","size":-1}"#), Direction::Out);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].kind, MismatchKind::Range);
}

#[test]
fn what_no_json_has_is_no_integer_of_the_wrong_kind_and_what_is_too_large_for_one_is() {
    let schema = schema::sample();
    let ty = schema.command("all").expect("declared").arguments.expect("it has some");
    let returned = |small: &str| {
        let value = value(&format!(r#"{{"name":"x","small":{small}}}"#));
        let kinds = conform(&schema, ty, &value, Direction::Out).into_iter().map(|one| one.kind);
        kinds.collect::<Vec<_>>()
    };
    assert_eq!(returned("NaN"), []);
    assert_eq!(returned("1e400"), [MismatchKind::Coercion]);
    assert_eq!(returned("1.5"), [MismatchKind::Coercion]);
}

#[test]
fn a_command_without_arguments_takes_only_the_empty_object() {
    let schema = schema::sample();
    assert_eq!(conform_arguments(&schema, None, None), []);
    assert_eq!(conform_arguments(&schema, None, Some(&value("{}"))), []);
    assert_eq!(
        conform_arguments(&schema, None, Some(&value(r#"{"a":1}"#)))[0].kind,
        MismatchKind::Undeclared
    );
}

#[test]
fn of_a_branch_that_was_cut_from_the_document_nothing_is_undeclared() {
    let text = |branch: &str| {
        format!(
            r#"{{"format":1,"partial":true,"commands":{{"c":{{"arguments":"U"}}}},"types":{{"E":{{"object":{{}}}},
            "T":{{"enum":["a"]}},"U":{{"object":{{"t":"T"}},"tag":"t","branches":{{"a":"{branch}"}}}}}}}}"#
        )
    };
    let found = |branch| {
        let schema = qmprobe_schema::from_own(&text(branch), "x").expect("it loads");
        let ty = schema.command("c").expect("declared").arguments;
        conform_arguments(&schema, ty, Some(&value(r#"{"t":"a","m":1}"#)))
    };
    assert!(found("any").is_empty());
    assert_eq!(found("E")[0].kind, MismatchKind::Undeclared);
}

#[test]
fn a_tape_and_a_tree_are_judged_alike_whatever_is_wrong_with_them() {
    let whole = r#"{"name":"x\n","small":255,"size":7,"flag":true,"real":1e3,"list":[0,1],"choice":"y",
        "inner":{"depth":0},"union":{"colour":"red","hue":1},"any":{"a":[null,{}]}}"#;
    let spots: Vec<usize> = whole
        .char_indices()
        .filter(|(_, ch)| ch.is_ascii_alphanumeric() || *ch == '"')
        .map(|(at, _)| at)
        .collect();
    let mut judged = 0;
    for at in spots {
        for piece in ["", "0", "-", "x", "null", "\"q\":1,", "[]", "1e400", "\\u0041"] {
            for length in 0..2 {
                let text = [&whole[..at], piece, &whole[at + length..]].concat();
                judged += usize::from(Tape::read(text.as_bytes(), 64).is_some());
                if parse(text.as_bytes(), 64).value.is_some() {
                    arguments(&text);
                }
            }
        }
    }
    assert!(judged > 500, "{judged}");
}
