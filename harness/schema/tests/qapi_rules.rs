//! Commands, conditions, features and names, in each version that tells them apart.
//! Source: QEMU `scripts/qapi` of the versions named.

mod versions;

use versions::{Row, hold};

#[test]
fn commands_take_and_return_objects() {
    hold(&[
        Row {
            text: "{ 'command': 'query-c', 'returns': 'str' }",
            good: "2.3",
            bad: &[("2.4 7.2", 1, 36, "commands return objects, and 'str' is none")],
        },
        Row {
            text: "{ 'pragma': { 'returns-whitelist': [ 'query-c' ] } }\n{ 'command': 'query-c', 'returns': 'str' }",
            good: "2.9 5.2",
            bad: &[
                ("6.0", 1, 15, "there is no pragma 'returns-whitelist' in 6.0"),
                ("7.2", 1, 15, "there is no pragma 'returns-whitelist' in 7.2"),
            ],
        },
        Row {
            text: "{ 'pragma': { 'command-returns-exceptions': [ 'query-c' ] } }\n{ 'command': 'query-c', 'returns': 'str' }",
            good: "6.0 7.2",
            bad: &[("5.2", 1, 15, "there is no pragma 'command-returns-exceptions' in 5.2")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'command': 'c', 'data': 'Some' }",
            good: "2.4 7.2",
            bad: &[],
        },
        Row {
            text: "{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'command': 'c', 'data': 'Each' }",
            good: "",
            bad: &[("2.4 7.2", 2, 27, "data is a struct or a union, and 'Each' is neither")],
        },
        Row {
            text: "{ 'command': 'c', 'data': { 'a': '**' }, 'gen': false }",
            good: "2.4",
            bad: &[("2.5 7.2", 1, 34, "there is no type '**'")],
        },
        Row {
            text: "{ 'command': 'c', 'data': { 'a': 'any' } }",
            good: "2.5 7.2",
            bad: &[("2.4", 1, 34, "there is no type 'any'")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'command': 'c' }\n{ 'command': 'c' }",
            good: "",
            bad: &[("2.4 7.2", 3, 14, "'c' is defined already, as command")],
        },
        Row {
            text: "{ 'command': 'c', 'data': { 'a': { 'type': 'int', 'if': 'X' } } }",
            good: "7.2 8.0",
            bad: &[("8.1 11.1", 1, 29, "conditional arguments need 'boxed'")],
        },
    ]);
}

#[test]
fn conditions_are_spelt_as_the_version_spells_them() {
    hold(&[
        Row {
            text: "{ 'command': 'c', 'if': 'defined(X)' }",
            good: "3.0 6.1",
            bad: &[
                ("2.12", 1, 19, "there is no key 'if' here"),
                ("6.2 7.2", 1, 25, "a condition is a symbol in capitals, and 'defined(X)' is none"),
            ],
        },
        Row {
            text: "{ 'command': 'c', 'if': [ 'defined(X)', 'defined(Y)' ] }",
            good: "3.0 6.1",
            bad: &[("6.2", 1, 25, "a condition is a string or an object, and this is an array")],
        },
        Row { text: "{ 'command': 'c', 'if': 'CONFIG_X' }", good: "6.2 7.2", bad: &[] },
        Row {
            text: "{ 'command': 'c', 'if': { 'all': [ 'X', { 'not': 'Y' } ] } }",
            good: "6.2 7.2",
            bad: &[("6.1", 1, 25, "a condition is a string, and this is an object")],
        },
        Row {
            text: "{ 'command': 'c', 'if': { 'any': [] } }",
            good: "",
            bad: &[("6.2 7.2", 1, 34, "an empty list of conditions is useless")],
        },
        Row {
            text: "{ 'command': 'c', 'if': { 'none': [ 'X' ] } }",
            good: "",
            bad: &[("6.2 7.2", 1, 27, "a condition has 'all', 'any' or 'not', and no 'none'")],
        },
        Row {
            text: "{ 'command': 'c', 'if': '' }",
            good: "",
            bad: &[
                ("3.0", 1, 25, "an empty condition makes no sense"),
                ("7.2", 1, 25, "a condition is a symbol in capitals, and '' is none"),
            ],
        },
    ]);
}

#[test]
fn features_came_kind_by_kind() {
    hold(&[
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' }, 'features': [ 'f' ] }",
            good: "4.1 7.2",
            bad: &[("4.0", 1, 45, "there is no key 'features' here")],
        },
        Row {
            text: "{ 'command': 'c', 'features': [ 'f' ] }",
            good: "4.2 7.2",
            bad: &[("4.1", 1, 19, "there is no key 'features' here")],
        },
        Row {
            text: "{ 'event': 'E', 'features': [ 'f' ] }",
            good: "5.0 7.2",
            bad: &[("4.2", 1, 17, "there is no key 'features' here")],
        },
        Row {
            text: "{ 'command': 'c', 'features': [ 'f', 'f' ] }",
            good: "",
            bad: &[("4.2 7.2", 1, 38, "the feature 'f' is there twice")],
        },
        Row {
            text: "{ 'command': 'c', 'features': 'f' }",
            good: "",
            bad: &[("4.2 7.2", 1, 31, "features are an array, and this is a string")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' }, 'features': [ 'deprecated' ] }",
            good: "4.2",
            bad: &[("5.0 7.2", 1, 59, "types have no feature 'deprecated'")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' }, 'features': [ 'unstable' ] }",
            good: "6.1",
            bad: &[("6.2 7.2", 1, 59, "types have no feature 'unstable'")],
        },
    ]);
}

#[test]
fn names_obey_the_grammar_and_case_of_the_version() {
    hold(&[
        Row {
            text: "{ 'command': 'Query_C' }",
            good: "2.4 5.2",
            bad: &[(
                "6.0 7.2",
                1,
                14,
                "the name of a command has neither capital letters nor '_', and 'Query_C' does",
            )],
        },
        Row {
            text: "{ 'pragma': { 'command-name-exceptions': [ 'query_c' ] } }\n{ 'command': 'query_c' }",
            good: "6.0 7.2",
            bad: &[],
        },
        Row {
            text: "{ 'event': 'Lower' }",
            good: "5.2",
            bad: &[(
                "6.0 7.2",
                1,
                12,
                "the name of an event has neither lower case nor '-', and 'Lower' does",
            )],
        },
        Row {
            text: "{ 'struct': 'lower', 'data': { 'a': 'int' } }",
            good: "5.2",
            bad: &[("6.0 7.2", 1, 13, "the name of a type is in CamelCase, and 'lower' is not")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'A': 'int' } }",
            good: "2.5",
            bad: &[
                ("2.6 5.2", 1, 31, "'A' has capital letters"),
                ("7.2", 1, 31, "the name of a member has neither capital letters nor '_', and 'A' does"),
            ],
        },
        Row {
            text: "{ 'pragma': { 'member-name-exceptions': [ 'Some' ] } }\n{ 'struct': 'Some', 'data': { 'A_b': 'int' } }",
            good: "6.0 7.2",
            bad: &[("5.2", 1, 15, "there is no pragma 'member-name-exceptions' in 5.2")],
        },
        Row { text: "{ 'command': '__com.example_x-do' }", good: "2.4 7.2", bad: &[] },
        Row { text: "{ 'command': '_c' }", good: "2.5", bad: &[("2.6 7.2", 1, 14, "'_c' is no name")] },
        Row {
            text: "{ 'command': 'q-c' }",
            good: "2.4",
            bad: &[("2.5 7.2", 1, 14, "'q-c' is reserved: generated code has names that begin with 'q_'")],
        },
        Row {
            text: "{ 'struct': 'SomeKind', 'data': { 'a': 'int' } }",
            good: "6.2 7.2",
            bad: &[("2.4 6.1", 1, 13, "the name of struct does not end in 'Kind'")],
        },
        Row {
            text: "{ 'struct': 'SomeList', 'data': { 'a': 'int' } }",
            good: "2.4",
            bad: &[("2.5 7.2", 1, 13, "the name of struct does not end in 'List'")],
        },
        Row {
            text: "{ 'struct': 'int', 'data': { 'a': 'str' } }",
            good: "",
            bad: &[
                ("2.4 5.2", 1, 13, "'int' is a built-in type"),
                ("7.2", 1, 13, "the name of a type is in CamelCase, and 'int' is not"),
            ],
        },
    ]);
}
