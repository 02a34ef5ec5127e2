//! Pragmas and documentation comments, in each version that tells them apart.
//! Source: QEMU `scripts/qapi` of the versions named.

mod versions;

use versions::{Row, hold};

#[test]
fn pragmas_excuse_what_they_name() {
    hold(&[
        Row {
            text: "{ 'pragma': { 'doc-required': true } }\n{ 'command': 'c' }",
            good: "",
            bad: &[("2.9 7.2", 2, 14, "a documentation comment is required")],
        },
        Row {
            text: "{ 'pragma': { 'nonsense': true } }",
            good: "",
            bad: &[
                ("2.9", 1, 15, "there is no pragma 'nonsense' in 2.9"),
                ("7.2", 1, 15, "there is no pragma 'nonsense' in 7.2"),
            ],
        },
        Row {
            text: "{ 'pragma': { 'doc-required': 'yes' } }",
            good: "",
            bad: &[("2.9 7.2", 1, 31, "'doc-required' is true or false")],
        },
        Row {
            text: "{ 'pragma': { 'command-name-exceptions': 'c' } }",
            good: "",
            bad: &[("6.0 7.2", 1, 42, "'command-name-exceptions' is a list of strings")],
        },
    ]);
}

#[test]
fn documentation_is_about_what_follows_it() {
    hold(&[
        Row {
            text: "##\n# @c:\n#\n# Does it.\n##\n{ 'command': 'c' }",
            good: "2.8 2.9 7.2 9.0 11.1",
            bad: &[],
        },
        Row {
            text: "##\n# @d:\n##\n{ 'command': 'c' }",
            good: "2.8",
            bad: &[("2.9 7.2 9.0", 2, 1, "the comment is about 'd', and 'c' follows")],
        },
        Row {
            text: "##\n# @c:\n##\n\n##\n# Something else.\n##\n{ 'command': 'c' }",
            good: "2.8",
            bad: &[("2.9 7.2", 2, 1, "this documents 'c', whose definition does not follow")],
        },
        Row {
            text: "## c\n# @c:\n##\n{ 'command': 'c' }",
            good: "2.8",
            bad: &[("2.9 7.2 9.0", 1, 1, "nothing may follow '##' where a documentation comment begins")],
        },
        Row {
            text: "##\n#@c:\n##\n{ 'command': 'c' }",
            good: "2.8",
            bad: &[("2.9 7.2 9.0", 2, 1, "a space must follow '#'")],
        },
        Row {
            text: "##\n# @c:\n#\n# @a: nothing\n##\n{ 'command': 'c' }",
            good: "4.1",
            bad: &[("4.2 7.2 9.0", 4, 1, "there is no member 'a' to describe")],
        },
        Row {
            text: "##\n# @c:\n#\n# Since: 1.0\n# Since: 2.0\n##\n{ 'command': 'c' }",
            good: "2.8",
            bad: &[("2.9 7.2 9.0", 5, 1, "there are two sections 'Since'")],
        },
        Row {
            text: "##\n# @c:\n#\n# Note: so it is\n##\n{ 'command': 'c' }",
            good: "7.2 9.0",
            bad: &[("9.1 11.1", 4, 1, "there are no sections 'Note' any more")],
        },
        Row {
            text: "##\n# @c:\n#\n# Features:\n# @f: good\n##\n{ 'command': 'c', 'features': [ 'f' ] }",
            good: "4.2 7.2 9.0",
            bad: &[],
        },
        Row {
            text: "##\n# @c:\n##\n{ 'command': 'c', 'features': [ 'f' ] }",
            good: "",
            bad: &[("4.2 7.2 9.0", 4, 33, "the feature 'f' is not described")],
        },
        Row {
            text: "##\n# @c:\n#\n# @a:\n##\n{ 'command': 'c', 'data': { 'a': 'int' } }",
            good: "",
            bad: &[("2.9 7.2", 4, 1, "the section 'a' is empty"), ("9.0", 4, 1, "the section '@a' is empty")],
        },
        Row {
            text: "##\n# @c:\n",
            good: "",
            bad: &[("2.9 7.2 9.0", 1, 1, "the documentation comment is not closed by '##'")],
        },
    ]);
}
