//! QAPI source as a whole: several documents, many errors at once, how errors look, versions that are found
//! out, and conditions that are resolved.

mod versions;

use qmprobe_schema::{Schema, SourceErrors, TypeKind, resolved};
use versions::load;

fn errors(documents: &[(&str, &str)], era: &str) -> SourceErrors {
    load(documents, era).expect_err("it is wrong")
}

fn places(errors: &SourceErrors) -> Vec<(&str, usize, usize)> {
    errors.iter().map(|error| (error.file.as_str(), error.line, error.column)).collect()
}

#[test]
fn every_error_of_a_document_is_told() {
    let text = "{ 'command': 'a', 'data': { 'x': 'Nothing' } }\n\
                { 'command' 'b' }\n\
                { 'struct': 'lower', 'data': {} }\n\
                { 'event': 'GOOD' }\n\
                { 'enum': 'Twice', 'data': [ 'v', 'v' ] }\n";
    let errors = errors(&[("x.json", text)], "7.2");
    let mut lines: Vec<usize> = errors.iter().map(|error| error.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [1, 2, 3, 5], "{errors}");
}

#[test]
fn an_error_points_at_the_token_and_suggests() {
    let text = "# A lamp.\n{ 'struct': 'Lamp',\n  'data': { 'light': 'bol',\n            'n': 'uint33' } }\n";
    insta::assert_snapshot!(errors(&[("lamp.json", text)], "7.2").render(false));
}

#[test]
fn an_error_between_definitions_is_shown() {
    let text = "{ 'command': 'a' }\n{ 'comand': 'b' }\n{ 'command': 'c', 'returns': 'str', 'gen': true }\n";
    insta::assert_snapshot!(errors(&[("x.json", text)], "7.2").render(false));
}

#[test]
fn an_included_document_may_refer_to_its_includer_and_is_read_once() {
    let main = "{ 'include': 'sub/a.json' }\n{ 'include': 'b.json' }\n{ 'struct': 'Main', 'data': {} }\n";
    let a = "{ 'include': '../b.json' }\n{ 'command': 'a', 'returns': 'Main', 'data': 'OfB' }\n";
    let b = "{ 'struct': 'OfB', 'data': { '*x': 'int' } }\n";
    let loaded = load(&[("main.json", main), ("sub/a.json", a), ("sub/../b.json", b), ("b.json", b)], "7.2");
    let loaded = loaded.expect("it loads");
    assert_eq!((loaded.counts.includes, loaded.counts.structs, loaded.schema.commands.len()), (3, 2, 1));
}

#[test]
fn documents_that_include_each_other_are_refused() {
    let main = "{ 'include': 'a.json' }\n";
    let errors_of = |a| errors(&[("main.json", main), ("a.json", a), ("./main.json", main)], "7.2");
    let cycle = errors_of("\n{ 'include': 'main.json' }\n");
    assert_eq!(places(&cycle), [("a.json", 2, 14)], "{cycle}");
    let oneself = errors_of("{ 'include': 'a.json' }\n");
    assert_eq!(places(&oneself), [("a.json", 1, 14)], "{oneself}");
}

#[test]
fn a_document_that_is_not_there_is_told_where_it_is_included() {
    let errors = errors(&[("main.json", "{ 'command': 'c' }\n{ 'include': 'none.json' }\n")], "7.2");
    assert_eq!(places(&errors), [("main.json", 2, 14)]);
    assert!(errors.to_string().contains("none.json"), "{errors}");
}

#[test]
fn include_stands_alone_and_names_a_document() {
    for bad in ["{ 'include': [ 'a' ] }", "{ 'include': 'a.json', 'command': 'c' }"] {
        assert_eq!(errors(&[("x.json", bad), ("a.json", "")], "7.2").iter().len(), 1, "{bad}");
    }
}

#[test]
fn the_newest_version_that_accepts_a_document_is_found_out() {
    let era = |text| load(&[("x.json", text)], "").map(|loaded| (loaded.era.to_string(), loaded.era_found));
    let found = |version: &str| (version.to_owned(), true);
    assert_eq!(era("{ 'command': 'c' }").expect("good"), found("11.1"));
    assert_eq!(era("{ 'command': 'c', 'if': 'defined(X)' }").expect("good"), found("6.1"));
    assert_eq!(era("{ 'type': 'Some', 'data': { 'a': 'int' } }").expect("good"), found("2.3"));
    assert_eq!(era("{ 'command': 'c' 'data': { 'a': 'int' } }").expect("good"), found("1.5"));
    let note = "##\n# @c:\n#\n# Note: so\n##\n{ 'command': 'c' }\n";
    assert_eq!(era(note).expect("good"), found("9.0"));
}

#[test]
fn what_no_version_accepts_is_told_by_the_rules_that_object_least() {
    let told = errors(&[("x.json", "{ 'command': 'c', 'data': { 'a': 'Nothing' } }\n")], "");
    assert_eq!(places(&told), [("x.json", 1, 34)]);
    // Commas were optional once: that leaves the type.
    let commas = "{ 'command': 'c' 'data': { 'a': 'int' } }\n{ 'command': 'd' 'data': { 'a': 'Nothing' } }\n";
    assert_eq!(places(&errors(&[("x.json", commas)], "")), [("x.json", 2, 33)]);
}

const CONDITIONAL: &str = "
{ 'enum': 'Kind', 'data': [ 'plain', { 'name': 'odd', 'if': 'CONFIG_ODD' } ] }
{ 'struct': 'Odd', 'data': { 'x': 'int' }, 'if': 'CONFIG_ODD' }
{ 'union': 'Thing', 'base': { 'kind': 'Kind' }, 'discriminator': 'kind',
  'data': { 'odd': { 'type': 'Odd', 'if': 'CONFIG_ODD' } } }
{ 'command': 'query-thing', 'returns': 'Thing' }
{ 'command': 'odd-only', 'if': { 'all': [ 'CONFIG_ODD', { 'not': 'CONFIG_EVEN' } ] } }
{ 'event': 'ODD', 'if': { 'any': [ 'CONFIG_ODD', 'CONFIG_EVEN' ] } }
";

fn with(symbols: &[&str]) -> Schema {
    let loaded = load(&[("x.json", CONDITIONAL)], "7.2").expect("it loads");
    resolved(loaded.schema, &|symbol| symbols.contains(&symbol))
}

#[test]
fn symbols_decide_what_is_there() {
    let shape = |schema: &Schema| {
        let thing = schema.types.iter().find(|ty| ty.name.as_deref() == Some("Thing")).expect("declared");
        let TypeKind::Object(thing) = &thing.kind else { panic!("Thing is a union") };
        let branches = thing.variants.as_ref().map_or(0, |variants| variants.branches.len());
        let values = schema.enumeration(thing.members[0].ty).map_or(0, |kind| kind.values.len());
        (schema.commands.len(), schema.events.len(), branches, values)
    };
    assert_eq!(shape(&with(&[])), (1, 0, 0, 1));
    assert_eq!(shape(&with(&["CONFIG_ODD"])), (2, 1, 1, 2));
    assert_eq!(shape(&with(&["CONFIG_EVEN"])), (1, 1, 0, 1));
    assert_eq!(shape(&with(&["CONFIG_ODD", "CONFIG_EVEN"])), (1, 1, 1, 2));
}

#[test]
fn flags_of_commands_reach_the_schema() {
    let text = "{ 'command': 'a', 'success-response': false, 'allow-oob': true }\n\
                { 'command': 'b', 'allow-preconfig': true, 'gen': false, 'data': { 'x': 'uint8' } }\n";
    let schema = load(&[("x.json", text)], "7.2").expect("it loads").schema;
    let [a, b] = schema.commands.as_slice() else { panic!("two commands") };
    assert!(!a.success_response && a.allow_oob && a.marshalled && a.allow_preconfig == Some(false));
    assert!(b.success_response && !b.allow_oob && !b.marshalled && b.allow_preconfig == Some(true));
}

#[test]
fn a_simple_union_wraps_its_branches() {
    let text = "{ 'type': 'Lamp', 'data': { 'watts': 'int' } }\n\
                { 'union': 'Light', 'data': { 'lamp': 'Lamp', 'name': 'str' } }\n\
                { 'command': 'query-light', 'returns': 'Light' }\n";
    let schema = load(&[("x.json", text)], "1.7").expect("it loads").schema;
    let light = schema.command("query-light").and_then(|query| query.returns).expect("it returns");
    let light = schema.object(light).expect("a union");
    let variants = light.variants.as_ref().expect("a union");
    assert_eq!(variants.tag, "type");
    let lamp = variants.branch("lamp").and_then(|ty| schema.object(ty)).expect("a branch");
    assert_eq!(lamp.members.iter().map(|member| member.name.as_str()).collect::<Vec<_>>(), ["data"]);
}
