//! Our own format: what is saved can be loaded and is the same, and what is damaged is refused.

mod arbitrary;

use arbitrary::schemas;
use proptest::prelude::*;
use qmprobe_schema::{
    Condition, LoadError, Provenance, Schema, TypeKind, fingerprint, from_own, load_text, same, to_own,
};

fn save(schema: &Schema) -> String {
    to_own(schema, &Provenance::default())
}

fn document(commands: &str, types: &str) -> String {
    format!("{{\"format\":1,\"commands\":{{{commands}}},\"types\":{{{types}}}}}")
}

fn refused(commands: &str, types: &str) -> LoadError {
    from_own(&document(commands, types), "file").expect_err(types)
}

proptest! {
    #[test]
    fn what_was_saved_loads_as_the_same_schema(schema in schemas()) {
        let text = save(&schema);
        let again = from_own(&text, "saved").unwrap();
        prop_assert_eq!(same(&schema, &again), Ok(()));
        prop_assert_eq!(save(&again), text);
    }

    #[test]
    fn the_order_of_types_does_not_matter(schema in schemas(), by in 1..20u32) {
        let moved = arbitrary::rotated(&schema, by);
        prop_assert_eq!(save(&moved), save(&schema));
        prop_assert_eq!(fingerprint(&moved), fingerprint(&schema));
    }

    #[test]
    fn cut_text_is_refused(schema in schemas(), at in any::<prop::sample::Index>()) {
        let text = save(&schema);
        let end = at.index(text.trim_end().len());
        if text.is_char_boundary(end) {
            prop_assert!(from_own(&text[..end], "cut").is_err());
        }
    }
}

#[test]
fn provenance_is_written_and_makes_no_difference() {
    let schema = from_own(&document("", ""), "x").unwrap();
    let from = Provenance { source: "a".into(), binary: "b".into(), version: "1.2".into() };
    let text = to_own(&schema, &from);
    assert!(text.contains(r#"{"source":"a","binary":"b","version":"1.2"}"#), "{text}");
    assert_eq!(load_text(&text, "x").unwrap(), schema);
}

#[test]
fn a_cut_document_stays_marked() {
    let schema = Schema { partial: true, ..from_own(&document("", ""), "x").unwrap() };
    assert!(from_own(&save(&schema), "x").unwrap().partial);
}

#[test]
fn a_cut_document_may_lack_what_arguments_and_branches_are() {
    let cut = r#""c":{"arguments":"any"}},"events":{"E":{"data":"any"}"#;
    let union = r#""T":{"enum":["a"]},"U":{"object":{"t":"T"},"tag":"t","branches":{"a":"any"}}"#;
    let text = document(cut, union);
    assert!(matches!(from_own(&text, "x"), Err(LoadError::NoObject { .. })));
    let schema = from_own(&text.replacen(":1,", ":1,\"partial\":true,", 1), "x").unwrap();
    assert_eq!(same(&from_own(&save(&schema), "x").unwrap(), &schema), Ok(()));
}

#[test]
fn conditions_are_kept() {
    let text = document(
        r#""c":{"arguments":"A","if":{"all":["X",{"not":"Y"}]}}"#,
        r#""A":{"object":{"m?":{"type":"str","if":{"any":["X","Y"]}}},"if":"Z"},
           "E":{"enum":["a",{"name":"b","features":["deprecated"],"if":"X"}]}"#,
    );
    let schema = from_own(&text, "x").unwrap();
    let symbol = |name: &str| Condition::Symbol(name.to_owned());
    let condition = Condition::All(vec![symbol("X"), Condition::Not(Box::new(symbol("Y")))]);
    assert_eq!(schema.command("c").unwrap().condition, Some(condition));
    let arguments = schema.command("c").unwrap().arguments.unwrap();
    assert_eq!(schema.ty(arguments).condition, Some(symbol("Z")));
    assert_eq!(
        schema.object(arguments).unwrap().members[0].condition,
        Some(Condition::Any(vec![symbol("X"), symbol("Y")]))
    );
    let values = schema
        .types
        .iter()
        .find_map(|def| if let TypeKind::Enum(values) = &def.kind { Some(values) } else { None });
    assert_eq!(values.unwrap().values[1].condition, Some(symbol("X")));
    assert_eq!(from_own(&save(&schema), "x").unwrap(), schema);
}

#[test]
fn conditions_nested_beyond_reason_are_an_error_and_no_crash() {
    let nested = format!("{}\"X\"{}", "{\"not\":".repeat(50_000), "}".repeat(50_000));
    assert!(from_own(&document(&format!("\"c\":{{\"if\":{nested}}}"), ""), "x").is_err());
}

#[test]
fn another_version_of_the_format_is_refused() {
    let error = from_own("{\"format\":2}", "file").unwrap_err();
    assert_eq!(error.to_string(), "file: this is format version 2; known is 1");
}

#[test]
fn words_that_the_format_does_not_have_are_refused() {
    for text in [
        "{\"format\":1,\"comands\":{}}",
        "{\"format\":1,\"commands\":{\"c\":{\"argument\":\"A\"}}}",
        "{\"format\":1,\"types\":{\"A\":{\"enum\":[],\"values\":[]}}}",
    ] {
        assert!(matches!(from_own(text, "x"), Err(LoadError::Json { .. })), "{text}");
    }
}

#[test]
fn a_name_that_is_there_twice_is_refused() {
    let twice = [
        (r#""c":{},"c":{}"#, ""),
        ("", r#""A":{"enum":[]},"A":{"enum":[]}"#),
        ("", r#""A":{"object":{"m":"str","m":"str"}}"#),
        ("", r#""A":{"object":{"m":"str","m?":"str"}}"#),
        ("", r#""A":{"enum":["a","a"]}"#),
        ("", r#""str":{"enum":[]}"#),
    ];
    for (commands, types) in twice {
        let error = refused(commands, types).to_string();
        assert!(error.contains("twice"), "{commands}{types}: {error}");
    }
}

#[test]
fn a_reference_to_nothing_is_refused() {
    for (commands, types) in [
        (r#""c":{"arguments":"A"}"#, ""),
        (r#""c":{"returns":"[A]"}"#, ""),
        (r#""c":{"returns":"[str"}"#, ""),
        (r#""c":{"returns":"[]"}"#, ""),
        (r#""c":{"returns":""}"#, ""),
        ("", r#""A":{"alternate":["B"]}"#),
        ("", r#""A":{"object":{},"tag":"t"}"#),
    ] {
        assert!(matches!(refused(commands, types), LoadError::Dangling { .. }), "{commands}{types}");
    }
}

#[test]
fn arguments_and_branches_are_objects() {
    let enumeration = r#""E":{"enum":["a"]}"#;
    assert!(matches!(refused(r#""c":{"arguments":"E"}"#, enumeration), LoadError::NoObject { .. }));
    let union = format!(r#"{enumeration},"U":{{"object":{{"t":"E"}},"tag":"t","branches":{{"a":"E"}}}}"#);
    assert!(matches!(refused("", &union), LoadError::NoObject { .. }));
}

#[test]
fn lists_of_lists_have_a_limit() {
    let returning = |depth: usize| {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        from_own(&document(&format!("\"c\":{{\"returns\":\"{open}str{close}\"}}"), ""), "x")
    };
    let schema = returning(8).unwrap();
    assert!(save(&schema).contains("[[[[[[[[str]]]]]]]]"));
    assert!(matches!(returning(9), Err(LoadError::Deep { .. })));
}

#[test]
fn a_long_chain_of_types_has_short_names() {
    let entity = |index: usize| {
        format!(
            r#"{{"name":"{index}","meta-type":"object","members":[{{"name":"a-member-of-some-length","type":"{}"}}]}}"#,
            index + 1
        )
    };
    let chain: Vec<String> = (0..5000).map(entity).collect();
    let text = format!(
        r#"[{{"name":"c","meta-type":"command","arg-type":"0","ret-type":"0"}},{},{{"name":"5000","meta-type":"object","members":[]}}]"#,
        chain.join(",")
    );
    let schema = load_text(&text, "x").unwrap();
    let saved = save(&schema);
    assert!(saved.len() < 5000 * 1500, "{}", saved.len());
    assert_eq!(save(&from_own(&saved, "x").unwrap()), saved);
}
