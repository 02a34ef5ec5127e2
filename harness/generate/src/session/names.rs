//! Command names: compared byte for byte, and unknown ones are CommandNotFound.

use super::{Cases, command, send};
use qmprobe_wire::{Start, Value, request};

pub(super) fn push(cases: &mut Cases<'_>) {
    let harmless = cases.harmless();
    let mut names = vec![
        "qmprobe-no-such-command".to_owned(),
        String::new(),
        "%s%n%p".to_owned(),
        "\u{e9}\u{1f600}".to_owned(),
        "a\"b\\c".to_owned(),
        "x".repeat(2000),
        harmless.to_uppercase(),
        format!(" {harmless}"),
        format!("{harmless} "),
        format!("{harmless}\0"),
        harmless.replace('-', "_"),
        all_but_last(harmless),
        format!("{harmless}s"),
    ];
    names.retain(|name| cases.schema.command(name).is_none());
    for name in names {
        let bytes = request::execute(&name, None, Some(&Value::int(1)));
        let shown = qmprobe_wire::escape::escape_short(name.as_bytes(), 60);
        cases.push(
            "command-not-found",
            format!("'{shown}'"),
            Start::Command,
            vec![send(bytes), command(harmless, 2)],
        );
    }
    let arguments = r#"{"execute":"qmprobe-no-such-command","arguments":{"a":1},"id":1}"#;
    cases.push("command-not-found", "with arguments", Start::Command, vec![send(arguments)]);
}

fn all_but_last(name: &str) -> String {
    let mut characters = name.chars();
    characters.next_back();
    characters.as_str().to_owned()
}
