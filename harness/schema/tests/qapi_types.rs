//! Enumerations, structs, unions and alternates, in each version that tells them apart.
//! Source: QEMU `scripts/qapi` of the versions named.

mod versions;

use versions::{Row, hold};

#[test]
fn enumerations_have_values_that_differ() {
    hold(&[
        Row { text: "{ 'enum': 'Each', 'data': [ 'a' ], 'prefix': 'P' }", good: "2.5 7.2", bad: &[] },
        Row {
            text: "{ 'enum': 'Each', 'data': { 'a': 'b' } }",
            good: "",
            bad: &[("2.4 7.2", 1, 27, "the values are an array, and this is an object")],
        },
        Row {
            text: "{ 'enum': 'Each', 'data': [ 'a', 'a' ] }",
            good: "",
            bad: &[("2.4 5.2 7.2", 1, 34, "the value 'a' clashes with 'a'")],
        },
        Row {
            text: "{ 'enum': 'Each', 'data': [ 'a-b', 'a_b' ] }",
            good: "",
            bad: &[
                ("2.4 5.2", 1, 36, "the value 'a_b' clashes with 'a-b'"),
                ("7.2", 1, 36, "the name of a member has neither capital letters nor '_', and 'a_b' does"),
            ],
        },
        Row { text: "{ 'enum': 'Each', 'data': [ '8bit' ] }", good: "2.4 7.2", bad: &[] },
        Row {
            text: "{ 'enum': 'Each', 'data': [ { 'name': 'a', 'if': 'defined(X)' } ] }",
            good: "4.0 6.1",
            bad: &[
                ("3.1", 1, 29, "a value is a string, and this is an object"),
                ("7.2", 1, 50, "a condition is a symbol in capitals, and 'defined(X)' is none"),
            ],
        },
        Row {
            text: "{ 'enum': 'Each', 'data': [ { 'name': 'a', 'features': [ 'f' ] } ] }",
            good: "6.2 7.2",
            bad: &[("6.1", 1, 44, "there is no key 'features' here")],
        },
    ]);
}

#[test]
fn structs_have_members_of_known_types() {
    hold(&[
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int', '*b': [ 'str' ] } }",
            good: "2.4 7.2",
            bad: &[],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'Nothing' } }",
            good: "",
            bad: &[("2.4 7.2", 1, 36, "there is no type 'Nothing'")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': [ 'int', 'str' ] } }",
            good: "",
            bad: &[("2.4 7.2", 1, 36, "an array has the name of one type in it")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': [ [ 'int' ] ] } }",
            good: "",
            bad: &[("2.4 7.2", 1, 36, "an array has the name of one type in it")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a-b': 'int', 'a_b': 'int' } }",
            good: "",
            bad: &[("2.6 5.2", 1, 45, "the member 'a_b' clashes with 'a-b'")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'u': 'int' } }",
            good: "",
            bad: &[("2.5 7.2", 1, 31, "generated code keeps the name 'u' for itself")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'has-a': 'int' } }",
            good: "",
            bad: &[("2.5 7.2", 1, 31, "generated code keeps the name 'has-a' for itself")],
        },
    ]);
}

#[test]
fn structs_have_nested_members_and_bases_in_their_time() {
    hold(&[
        Row { text: "{ 'type': 'Some', 'data': { 'a': { 'b': 'int' } } }", good: "1.0 2.3", bad: &[] },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': { 'b': 'int' } } }",
            good: "",
            bad: &[
                ("2.4 3.1", 1, 36, "a type is a name or an array, and this is an object"),
                ("7.2", 1, 36, "the key 'type' is missing"),
            ],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': { 'type': 'int' } } }",
            good: "4.0 7.2",
            bad: &[("3.1", 1, 36, "a type is a name or an array, and this is an object")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': { 'type': 'int', 'features': [ 'f' ] } } }",
            good: "5.0 7.2",
            bad: &[("4.2", 1, 53, "there is no key 'features' here")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'struct': 'Top', 'base': 'Some', 'data': { 'b': 'int' } }",
            good: "2.4 7.2",
            bad: &[],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'struct': 'Top', 'base': 'Some', 'data': { 'a': 'int' } }",
            good: "",
            bad: &[("2.4 7.2", 2, 46, "the member 'a' clashes with 'a'")],
        },
        Row {
            text: "{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'struct': 'Top', 'base': 'Each', 'data': { 'b': 'int' } }",
            good: "",
            bad: &[("2.4 7.2", 2, 28, "a base is a struct, and 'Each' is no struct but enum")],
        },
        Row {
            text: "{ 'struct': 'Some', 'base': 'Some', 'data': { 'b': 'int' } }",
            good: "",
            bad: &[("2.4 7.2", 1, 13, "'Some' contains itself")],
        },
        Row {
            text: "{ 'struct': 'Top', 'base': 'Some', 'data': { 'a': 'int' } }\n{ 'struct': 'Some', 'base': 'Some', 'data': { 'b': 'int' } }",
            good: "",
            bad: &[("2.4 7.2", 2, 13, "'Some' contains itself")],
        },
        // What has no end is not followed by what takes or sends it.
        Row {
            text: "{ 'command': 'go', 'data': 'Some' }\n{ 'event': 'GONE', 'data': 'Some' }\n{ 'struct': 'Some', 'base': 'Some', 'data': { 'b': 'int' } }",
            good: "",
            bad: &[("2.4 7.2", 3, 13, "'Some' contains itself")],
        },
        Row {
            text: "{ 'command': 'go', 'boxed': true, 'data': 'Some' }\n{ 'struct': 'Some', 'base': 'Other', 'data': {} }\n{ 'struct': 'Other', 'base': 'Some', 'data': {} }",
            good: "",
            bad: &[("7.2", 2, 13, "'Some' contains itself")],
        },
    ]);
}

#[test]
fn types_and_members_have_names_in_every_version() {
    hold(&[
        Row {
            text: "{ 'type': 'Old', 'data': { 'in': { 'a': 'int', '?': [ 'str' ] } } }",
            good: "",
            bad: &[("1.7", 1, 48, "'?' is no name")],
        },
        Row {
            text: "{ 'type': '~ld', 'data': { 'a': 'int' } }",
            good: "",
            bad: &[("1.7", 1, 11, "'~ld' is no name")],
        },
        Row {
            text: "{ 'type': 'str', 'data': { 'a': 'int' } }",
            good: "",
            bad: &[("1.7", 1, 11, "'str' is a built-in type")],
        },
    ]);
}

#[test]
fn members_written_in_place_clash_like_any_others() {
    hold(&[Row {
        text: "{ 'enum': 'En', 'data': [ 'x' ] }\n{ 'struct': 'St', 'data': { 'a': 'int' } }\n{ 'union': 'Un', 'base': { 't': 'En', '*t': 'En' }, 'discriminator': 't', 'data': { 'x': 'St' } }",
        good: "",
        bad: &[("2.12 7.2", 3, 39, "the member 't' clashes with 't'")],
    }]);
}

#[test]
fn unions_are_told_apart_by_a_discriminator() {
    hold(&[
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'union': 'Uni', 'data': { 'x': 'Some' } }",
            good: "2.4 6.1",
            bad: &[("6.2 7.2", 2, 12, "the key 'base' is missing")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'struct': 'Base', 'data': { 't': 'Each' } }\n{ 'union': 'Uni', 'base': 'Base', 'discriminator': 't', 'data': { 'one': 'Some', 'two': 'Some' } }",
            good: "2.4 7.2",
            bad: &[],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'Each' }, 'discriminator': 't', 'data': { 'one': 'Some', 'two': 'Some' } }",
            good: "2.6 7.2",
            bad: &[("2.5", 3, 27, "the base is a string, and this is an object")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'Each' }, 'discriminator': 't', 'data': { 'one': 'Some' } }",
            good: "2.6 3.0 7.2",
            bad: &[("2.7 2.12", 3, 61, "the value 'two' has no branch")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'Each' }, 'discriminator': 'x', 'data': { 'one': 'Some', 'two': 'Some' } }",
            good: "",
            bad: &[("2.6 7.2", 3, 61, "the discriminator 'x' is no member of the base")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { '*t': 'Each' }, 'discriminator': 't', 'data': { 'one': 'Some', 'two': 'Some' } }",
            good: "",
            bad: &[("2.7 7.2", 3, 62, "the discriminator 't' cannot be optional")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'str' }, 'discriminator': 't', 'data': { 'one': 'Some' } }",
            good: "",
            bad: &[("2.6 7.2", 3, 60, "the discriminator 't' must be of an enumeration")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'Each' }, 'discriminator': 't', 'data': { 'one': 'Some', 'two': 'Some', 'three': 'Some' } }",
            good: "",
            bad: &[("2.6 7.2", 3, 106, "the branch 'three' is no value of the discriminator")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'Each' }, 'discriminator': 't', 'data': { 'one': 'int', 'two': 'Some' } }",
            good: "",
            bad: &[("2.6 7.2", 3, 76, "a branch of 'Uni' is a struct, and 'int' is none")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'Each', 'a': 'int' }, 'discriminator': 't', 'data': { 'one': 'Some', 'two': 'Some' } }",
            good: "",
            bad: &[("2.6 7.2", 3, 88, "the member 'a' of the branch 'one' clashes with one of the union")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'union': 'Uni', 'base': { 't': 'Each' }, 'discriminator': 't', 'data': { 'one': 'Some', 'two': 'Some' } }\n{ 'union': 'Vari', 'base': { 'v': 'Each' }, 'discriminator': 'v', 'data': { 'one': 'Uni', 'two': 'Some' } }",
            good: "8.1 11.1",
            bad: &[("5.2 8.0", 4, 77, "a branch of 'Vari' is a struct, and 'Uni' is none")],
        },
        Row {
            text: "{ 'type': 'Some', 'data': { 'a': 'int' } }\n{ 'union': 'Uni', 'discriminator': {}, 'data': { 'x': 'Some', 'y': 'str' } }",
            good: "1.7 2.3",
            bad: &[(
                "2.4",
                1,
                1,
                "an expression has one of the keys 'enum', 'struct', 'union', 'alternate', 'command', 'event'",
            )],
        },
    ]);
}

#[test]
fn alternates_are_told_apart_by_json_type() {
    hold(&[
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'alternate': 'Alt', 'data': { 'x': 'Some', 'y': 'str' } }",
            good: "2.4 7.2",
            bad: &[],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'alternate': 'Alt', 'data': { 'x': 'int', 'y': 'number' } }",
            good: "2.4 2.9",
            bad: &[("2.10 7.2", 2, 45, "the choice 'y' cannot be told from 'x'")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'alternate': 'Alt', 'data': { 'x': 'str', 'y': 'bool' } }",
            good: "2.9",
            bad: &[("2.10 7.2", 2, 45, "the choice 'y' cannot be told from 'x'")],
        },
        Row {
            text: "{ 'enum': 'Each', 'data': [ 'one', 'two' ] }\n{ 'alternate': 'Alt', 'data': { 'x': 'Each', 'y': 'str' } }",
            good: "",
            bad: &[("2.4 7.2", 2, 46, "the choice 'y' cannot be told from 'x'")],
        },
        Row {
            text: "{ 'enum': 'Few', 'data': [ 'on' ] }\n{ 'alternate': 'Alt', 'data': { 'x': 'Few', 'y': 'bool' } }",
            good: "2.9",
            bad: &[("2.10 7.2", 2, 45, "the choice 'y' cannot be told from 'x'")],
        },
        Row {
            text: "{ 'struct': 'Some', 'data': { 'a': 'int' } }\n{ 'alternate': 'Alt', 'data': { 'x': [ 'int' ], 'y': 'str' } }",
            good: "7.1 7.2",
            bad: &[("7.0 5.2", 2, 38, "this cannot be an array")],
        },
        Row {
            text: "{ 'alternate': 'Alt', 'data': { } }",
            good: "",
            bad: &[("2.4 7.2", 1, 31, "an alternate without choices")],
        },
        Row {
            text: "{ 'alternate': 'Alt', 'data': { 'x': 'null', 'y': 'int' } }",
            good: "2.10 7.2",
            bad: &[("2.9", 1, 38, "there is no type 'null'")],
        },
        Row {
            text: "{ 'alternate': 'Alt', 'data': { 'x': 'any', 'y': 'int' } }",
            good: "",
            bad: &[("2.5 7.2", 1, 33, "'any' cannot be one of several types")],
        },
    ]);
}
