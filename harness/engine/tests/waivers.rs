//! Waivers: what is read, what is refused with its line, and what is covered.

mod finding;

use finding::finding;
use qmprobe_engine::waivers::{Waiver, built_in, parse};
use qmprobe_wire::Version;

fn one(keys: &str) -> Waiver {
    let text = format!("[[waiver]]\nrule = \"one-reply\"\nreason = \"known\"\n{keys}");
    parse(&text, "w.toml").expect("a waiver").remove(0)
}

fn refusal(text: &str) -> String {
    parse(text, "w.toml").expect_err("no waivers").to_string()
}

#[test]
fn a_waiver_of_rule_and_reason_covers_every_finding_of_the_rule() {
    assert!(one("").covers(&finding("one-reply")));
    assert!(!one("").covers(&finding("reply-order")));
}

#[test]
fn each_key_narrows_what_is_covered() {
    let subject = finding("one-reply");
    for keys in [
        "command = \"query-*\"",
        "peer = \"qemu\"",
        "versions = \"7.2\"",
        "versions = \"5.2-11.1\"",
        "class = \"miss*\"",
        "contains = \"no reply\"",
        "contains = \"Assertion\"",
        "sent = \"execute\"",
        "program = \"qemu-system-*\"",
    ] {
        assert!(one(keys).covers(&subject), "{keys}");
    }
    for keys in [
        "command = \"guest-*\"",
        "peer = \"storage-daemon\"",
        "versions = \"<=6.0\"",
        "class = \"surplus\"",
        "contains = \"SIGSEGV\"",
        "sent = \"exec-oob\"",
        "program = \"qemu-ga*\"",
    ] {
        assert!(!one(keys).covers(&subject), "{keys}");
    }
}

#[test]
fn a_peer_of_unknown_version_is_covered_by_waivers_for_all_versions_only() {
    let mut subject = finding("one-reply");
    subject.peer.version = None;
    assert!(one("").covers(&subject));
    assert!(!one("versions = \"7.2\"").covers(&subject));
    subject.peer.version = Some(Version::new(7, 2));
    assert!(one("versions = \"7.2\"").covers(&subject));
}

#[test]
fn a_finding_about_no_command_has_the_empty_name() {
    let mut subject = finding("one-reply");
    subject.command = None;
    assert!(one("").covers(&subject));
    assert!(one("command = \"\"").covers(&subject));
    assert!(!one("command = \"query-*\"").covers(&subject));
}

#[test]
fn a_waiver_holds_up_to_its_last_day() {
    let waiver = one("expires = \"2025-06-30\"");
    assert!(!waiver.expired("2025-06-30"));
    assert!(waiver.expired("2025-07-01"));
    assert!(!one("").expired("9999-12-31"));
}

#[test]
fn a_rule_may_be_named_by_its_id() {
    let waivers = parse("[[waiver]]\nrule = \"q305\"\nreason = \"known\"", "w.toml").unwrap();
    assert_eq!(waivers[0].rule, "one-reply");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let head = "# comment\n[[waiver]]\nrule = \"one-reply\"\n";
    let with = |rest: &str| refusal(&format!("{head}{rest}"));
    assert!(with("reason = \"r\"\ncomand = \"x\"").contains("line 5"));
    assert!(with("reason = \"r\"\nversions = \"new\"").contains("line 5"));
    assert!(with("reason = \"r\"\nexpires = \"2025-13-01\"").contains("line 5"));
    assert!(with("reason = \" \"").contains("line 4"));
    assert!(with("").contains("reason"));
    assert!(with("").contains("line 2"));
    assert!(refusal("[[waiver]]\nrule = \"no-such\"\nreason = \"r\"").contains("line 2"));
    assert!(refusal("[[waiver").starts_with("w.toml: "));
}

#[test]
fn a_date_that_is_none_is_refused() {
    for date in ["2025-1-1", "tomorrow", "2025-00-10", "2025-10-32", "20251010"] {
        let text = format!("[[waiver]]\nrule = \"one-reply\"\nreason = \"r\"\nexpires = \"{date}\"");
        assert!(refusal(&text).contains("YYYY-MM-DD"), "{date}");
    }
}

#[test]
fn an_empty_file_holds_no_waivers() {
    assert_eq!(parse("", "w.toml").unwrap(), Vec::<Waiver>::new());
}

#[test]
fn the_built_in_waivers_can_be_read_and_say_where_each_defect_was_seen() {
    for waiver in built_in().unwrap() {
        assert!(waiver.seen.is_some(), "{}", waiver.describe());
    }
}
