//! Tokens, expressions and the keys of definitions, in each version that tells them apart.
//! Source: QEMU `scripts/qapi` of the versions named.

mod versions;

use versions::{Row, hold};

#[test]
fn tokens_are_those_of_the_version() {
    hold(&[
        Row { text: "{ 'command': 'c' }", good: "1.0 2.3 5.2 7.2 11.1", bad: &[] },
        Row { text: "{ 'command': 'c' } # said of it", good: "1.6 7.2", bad: &[] },
        Row { text: "{ \"command\": \"c\" }", good: "", bad: &[("1.7 2.4 7.2", 1, 3, "stray '\"command'")] },
        Row {
            text: "{ 'command': 'c', 'data': { 'a': 1 } }",
            good: "",
            bad: &[("1.7 7.2", 1, 34, "stray '1'")],
        },
        Row {
            text: "{ 'command': 'c }\n",
            good: "",
            bad: &[("1.7 7.2", 1, 14, "the string is not closed on its line")],
        },
        Row {
            text: "{ 'command': 'c\\u0061' }",
            good: "2.4 4.1",
            bad: &[("4.2 7.2", 1, 16, "unknown escape \\u")],
        },
        Row { text: "{ 'command': 'c\\a' }", good: "2.3", bad: &[("2.4 7.2", 1, 16, "unknown escape \\a")] },
        Row {
            text: "{ 'enum': 'Each', 'data': [ 'é' ] }",
            good: "",
            bad: &[("5.2 7.2", 1, 29, "strings hold printable ASCII only")],
        },
        Row {
            text: "{ 'command': 'c', 'boxed': nonsense }",
            good: "",
            bad: &[("2.7 7.2", 1, 28, "stray 'nonsense'")],
        },
    ]);
}

#[test]
fn expressions_are_objects_of_known_form() {
    hold(&[
        Row {
            text: "{ 'command': 'c' 'data': { 'a': 'int' } }",
            good: "1.0 1.5",
            bad: &[("1.6 2.12 7.2", 1, 18, "expected ',' or '}', and here is a string")],
        },
        Row {
            text: "{ 'command': 'c', 'data': { 'a': 'int', } }",
            good: "1.0 1.5",
            bad: &[("1.6 7.2", 1, 41, "expected a key, and here is a word")],
        },
        Row {
            text: "{ 'command': 'c', 'command': 'd' }",
            good: "1.7",
            bad: &[("2.0 7.2", 1, 19, "the key 'command' is there twice")],
        },
        Row {
            text: "[ 'command' ]",
            good: "",
            bad: &[("1.6 7.2", 1, 1, "an expression is an object, and this is an array")],
        },
        Row {
            text: "{ 'command': 'c'",
            good: "",
            bad: &[("1.6 7.2", 1, 17, "expected ',' or '}', and here is the end of the file")],
        },
        Row {
            text: "{ 'command' 'c' }",
            good: "",
            bad: &[("1.6 7.2", 1, 13, "expected ':' behind 'command', and here is a string")],
        },
        Row {
            text: "{ 'nonsense': 'c' }",
            good: "",
            bad: &[(
                "2.4 7.2",
                1,
                1,
                "an expression has one of the keys 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
            )],
        },
        Row {
            text: "{ 'command': 'c', 'event': 'E' }",
            good: "",
            bad: &[(
                "2.4 7.2",
                1,
                19,
                "an expression is one definition, and this has both 'command' and 'event'",
            )],
        },
    ]);
}

#[test]
fn a_definition_has_the_keys_of_its_kind_and_time() {
    hold(&[
        Row {
            text: "{ 'type': 'Some', 'data': { 'a': 'int' } }",
            good: "1.0 2.3",
            bad: &[(
                "2.4 7.2",
                1,
                1,
                "an expression has one of the keys 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
            )],
        },
        Row { text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }", good: "2.4 7.2", bad: &[] },
        Row {
            text: "{ 'struct': 'Some' }",
            good: "",
            bad: &[("2.4 7.2", 1, 13, "the key 'data' is missing")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' }, 'returns': 'int' }",
            good: "",
            bad: &[("2.4 7.2", 1, 45, "there is no key 'returns' here")],
        },
        Row { text: "{ 'event': 'E', 'data': { 'a': 'int' } }", good: "2.1 7.2", bad: &[] },
    ]);
}

#[test]
fn a_command_has_the_flags_of_its_time() {
    hold(&[
        Row {
            text: "{ 'command': 'c', 'data': { 'a': 'int' }, 'gen': 'no' }",
            good: "1.1 2.3",
            bad: &[("2.4 7.2", 1, 50, "'gen' can only be false")],
        },
        Row { text: "{ 'command': 'c', 'data': { 'a': 'int' }, 'gen': false }", good: "2.4 7.2", bad: &[] },
        Row {
            text: "{ 'command': 'c', 'gen': true }",
            good: "",
            bad: &[("2.4 7.2", 1, 26, "'gen' can only be false")],
        },
        Row {
            text: "{ 'command': 'c', 'success-response': 'no' }",
            good: "1.2 2.3",
            bad: &[("2.4 7.2", 1, 39, "'success-response' can only be false")],
        },
        Row { text: "{ 'command': 'c', 'success-response': false }", good: "2.4 7.2", bad: &[] },
        Row {
            text: "{ 'command': 'c', 'allow-oob': true }",
            good: "2.12 7.2",
            bad: &[("2.11", 1, 19, "there is no key 'allow-oob' here")],
        },
        Row {
            text: "{ 'command': 'c', 'allow-preconfig': true }",
            good: "3.0 7.2",
            bad: &[("2.12", 1, 19, "there is no key 'allow-preconfig' here")],
        },
        Row {
            text: "{ 'command': 'c', 'coroutine': true }",
            good: "5.2 7.2",
            bad: &[("5.1", 1, 19, "there is no key 'coroutine' here")],
        },
        Row {
            text: "{ 'command': 'c', 'coroutine': true, 'allow-oob': true }",
            good: "",
            bad: &[("5.2 7.2", 1, 19, "'allow-oob' and 'coroutine' exclude each other")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'command': 'c', 'boxed': true, 'data': 'Some' }",
            good: "2.7 7.2",
            bad: &[("2.6", 2, 19, "there is no key 'boxed' here")],
        },
        Row {
            text: "{ 'command': 'c', 'boxed': true }",
            good: "",
            bad: &[("2.7 7.2", 1, 19, "'boxed' needs 'data'")],
        },
        Row {
            text: "{ 'command': 'c', 'boxed': true, 'data': { 'a': 'int' } }",
            good: "",
            bad: &[("2.7 7.2", 1, 42, "with 'boxed' the data has a named type")],
        },
        Row {
            text: "{ 'command': 'c', 'data': [ 'int' ] }",
            good: "",
            bad: &[("2.4 7.2", 1, 27, "the data is an object or the name of a type, and this is an array")],
        },
    ]);
}
