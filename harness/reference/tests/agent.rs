//! The conforming guest agent answers as the wire rules have it.

mod talk;

use qmprobe_wire::Dialect;
use talk::{agent, hear, kinds, say, schema};

const PING: &str = r#"{"execute":"guest-ping"}"#;

fn sync(name: &str, id: &str) -> String {
    format!(r#"{{"execute":"{name}","arguments":{{"id":{id}}}}}"#)
}

#[test]
fn nothing_is_said_before_it_is_asked() {
    let mut out = Vec::new();
    agent().open(&mut out);
    assert_eq!(out, b"");
}

#[test]
fn lines_end_with_lf_and_ids_come_back() {
    assert_eq!(hear(&mut agent(), r#"{"execute":"guest-ping","id":[1]}"#), "{\"return\": {}, \"id\": [1]}\n");
}

#[test]
fn the_sentinel_precedes_a_successful_delimited_sync_and_nothing_else() {
    let mut peer = agent();
    let delimited = sync("guest-sync-delimited", "77");
    assert_eq!(
        say(&mut peer, format!("{PING}{delimited}{PING}")),
        b"{\"return\": {}}\n\xff{\"return\": 77}\n{\"return\": {}}\n"
    );
    assert_eq!(
        say(&mut peer, sync("guest-sync", "-9223372036854775808")),
        b"{\"return\": -9223372036854775808}\n"
    );
    for wrong in ["1.0", "\"1\"", "null", "9223372036854775808"] {
        let heard = say(&mut peer, sync("guest-sync-delimited", wrong));
        assert!(heard.starts_with(b"{\"error\""), "{wrong}");
    }
    assert_eq!(say(&mut peer, PING), b"{\"return\": {}}\n");
}

#[test]
fn the_byte_ff_throws_away_what_is_pending() {
    let mut peer = agent();
    assert_eq!(hear(&mut peer, r#"{"execute":"guest-ping","id":"#), "");
    let mut input = vec![0xFF];
    input.extend(sync("guest-sync-delimited", "5").bytes());
    let heard = hear(&mut peer, input);
    assert_eq!(kinds(&heard), ["GenericError", "return"]);
    assert!(heard.ends_with("\n\u{fffd}{\"return\": 5}\n"), "{heard}");
}

#[test]
fn there_is_no_monitor_behind_it() {
    let mut peer = agent();
    for name in ["qmp_capabilities", "query-qmp-schema"] {
        let heard = hear(&mut peer, format!(r#"{{"execute":"{name}"}}"#));
        assert_eq!(kinds(&heard), ["CommandNotFound"], "{name}");
    }
    assert_eq!(kinds(&hear(&mut peer, r#"{"exec-oob":"guest-ping"}"#)), ["GenericError"]);
}

#[test]
fn commands_without_success_response_answer_errors_only() {
    let mut peer = agent();
    assert_eq!(hear(&mut peer, r#"{"execute":"guest-shutdown","id":1}"#), "");
    let wrong = r#"{"execute":"guest-shutdown","arguments":{"mode":1}}"#;
    assert_eq!(kinds(&hear(&mut peer, wrong)), ["GenericError"]);
    assert_eq!(kinds(&hear(&mut peer, PING)), ["return"]);
}

#[test]
fn guest_info_lists_every_command_with_whether_it_answers() {
    let heard = hear(&mut agent(), r#"{"execute":"guest-info"}"#);
    for command in &schema(Dialect::Qga).commands {
        let entry =
            format!("\"name\": \"{}\", \"success-response\": {}", command.name, command.success_response);
        assert!(heard.contains(&entry), "{entry}");
    }
}
