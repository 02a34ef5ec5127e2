//! What a made-up request must not say, whoever it is sent to: where a string leads out of the peer's own
//! directory or off this machine, the request is changed or not sent. Strings learned from the peer included.

use crate::safety::{Class, class_of};
use qmprobe_generate::state::{Names, Request};
use qmprobe_wire::Value;

/// Levels of nesting that are looked into; a request that is deeper is not sent.
const NESTING_MAX: usize = 32;
/// Members that name the machine at the other end of a connection.
const HOSTS: &[&str] = &["host", "portal"];
/// This machine.
const LOOPBACK: &str = "127.0.0.1";
/// What our own connection to the peer is called there: whoever changes or ends it gets what he asked for.
const OURS: &str = "qmprobe";
/// Values that have a program started.
const PROGRAMS: &[&str] = &["exec", "cmd"];

/// The request as it may be sent; `None` when it may not.
pub(super) fn fenced(mut request: Request, names: &Names) -> Option<Request> {
    let looks = class_of(&request.command) == Class::Observing;
    let is_place = |path: &str| looks || names.is_subject(path);
    match &mut request.arguments {
        Some(arguments) => keeps_inside(arguments, "", &is_place, 0).then_some(request),
        None => Some(request),
    }
}

/// Recursion is bounded by [`NESTING_MAX`].
fn keeps_inside(value: &mut Value, member: &str, is_place: &dyn Fn(&str) -> bool, depth: usize) -> bool {
    if depth >= NESTING_MAX {
        return false;
    }
    match value {
        Value::String(text) if HOSTS.contains(&member) => {
            if !matches!(text.as_str(), "" | "localhost" | LOOPBACK | "::1") {
                *text = LOOPBACK.to_owned();
            }
            true
        }
        Value::String(text) => text != OURS && is_harmless(text, is_place),
        Value::Array(elements) => {
            elements.iter_mut().all(|element| keeps_inside(element, member, is_place, depth + 1))
        }
        Value::Object(members) => {
            members.iter_mut().all(|(name, value)| keeps_inside(value, name, is_place, depth + 1))
        }
        _ => true,
    }
}

/// Whether the string is no program to start, no place outside the peer's working directory, and no address.
/// An absolute path is one of the peer's own tree of objects, which `is_place` knows, or none.
fn is_harmless(text: &str, is_place: &dyn Fn(&str) -> bool) -> bool {
    if text.starts_with('/') {
        return !text.contains("..") && is_place(text);
    }
    let upwards = text.split('/').any(|part| part == "..");
    // What names its protocol, its host or a further path after a colon: `exec:`, `tcp:`, `nbd://`, `json:`.
    let addressed = text.contains(':') && text.split(':').next().is_some_and(is_scheme);
    !upwards && !addressed && !PROGRAMS.contains(&text)
}

fn is_scheme(text: &str) -> bool {
    let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    text.len() > 1 && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.bytes().all(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use qmprobe_schema::shipped;
    use qmprobe_wire::parse::parse;

    fn read(text: &str) -> Value {
        parse(text.as_bytes(), 16).value.unwrap()
    }

    fn passed(command: &str, arguments: &str) -> Option<String> {
        let schema = shipped("qemu-7.2").unwrap().unwrap();
        let mut names = Names::new(&schema);
        names.learn(
            "qom-list",
            Some(&read(r#"{"path":"/machine"}"#)),
            &read(r#"[{"name":"a","type":"int"}]"#),
        );
        let request = Request { command: command.to_owned(), arguments: Some(read(arguments)) };
        fenced(request, &names).map(|request| request.arguments.unwrap().to_string())
    }

    #[test]
    fn programs_paths_and_addresses_are_not_sent() {
        for arguments in [
            r#"{"uri":"exec:true"}"#,
            r#"{"channels":[{"addr":{"transport":"exec","args":["x"]}}]}"#,
            r#"{"filename":"/etc/passwd"}"#,
            r#"{"filename":"a/../../b"}"#,
            r#"{"file":".."}"#,
            r#"{"uri":"tcp:10.0.0.1:80"}"#,
            r#"{"uri":"unix:/run/x.sock"}"#,
            r#"{"filename":"nbd://example.org/x"}"#,
            r#"{"a":{"b":["/etc/passwd"]}}"#,
            r#"{"instances":[{"type":"chardev","id":"qmprobe"}]}"#,
        ] {
            assert_eq!(passed("x-command", arguments), None, "{arguments}");
        }
    }

    #[test]
    fn words_and_the_peers_own_objects_are() {
        for arguments in [
            r#"{"id":"a","size":-1}"#,
            r#"{"path":"/machine","property":"x"}"#,
            r#"{"macaddr":"52:54:00:12:34:56"}"#,
            r#"{"filename":"disk"}"#,
        ] {
            assert_eq!(passed("x-command", arguments).as_deref(), Some(arguments));
        }
        assert!(passed("qom-list", r#"{"path":"/elsewhere"}"#).is_some(), "who only looks opens nothing");
    }

    #[test]
    fn another_machine_becomes_this_one() {
        let changed = passed("x-command", r#"{"addr":{"type":"inet","host":"example.org","port":"1"}}"#);
        assert!(changed.is_some_and(|text| text.contains("\"host\":\"127.0.0.1\"")));
        assert!(passed("x-command", r#"{"host":"::1"}"#).is_some_and(|text| text.contains("::1")));
    }
}
