//! The schema in what people keep of sessions.

use qmprobe_schema::{LoadError, Schema, from_introspection, load_text};

const SCHEMA: &str = r#"[{"name": "0", "meta-type": "object", "members": []},
 {"name": "stop", "meta-type": "command", "arg-type": "0", "ret-type": "0"}]"#;

fn expected() -> Schema {
    from_introspection(SCHEMA, "x").expect("a schema")
}

#[test]
fn one_document_may_be_the_list_or_the_reply() {
    for text in [
        SCHEMA.to_owned(),
        format!("\n\n  {SCHEMA}\n"),
        format!("{{\"return\": {SCHEMA}}}\r\n"),
        format!("{{\"id\": 7, \"return\": {SCHEMA}}}"),
    ] {
        assert_eq!(load_text(&text, "x").unwrap(), expected(), "{text}");
    }
}

#[test]
fn a_session_has_other_messages_around_the_schema() {
    let session = format!(
        "{{\"QMP\": {{\"version\": {{}}, \"capabilities\": []}}}}\r\n{{\"return\": {{}}}}\r\n\
         {{\"timestamp\": {{\"seconds\": 1, \"microseconds\": 2}}, \"event\": \"STOP\"}}\r\n\
         {{\"return\": [{{\"name\": \"stop\"}}]}}\r\n{{\"return\": []}}\r\n\
         {{\"return\": {SCHEMA}}}\r\n{{\"return\": {{}}}}\r\n"
    );
    assert_eq!(load_text(&session, "x").unwrap(), expected());
}

#[test]
fn commands_and_replies_may_stand_in_turn_with_blank_lines_between() {
    let replies = format!(
        "{{\n  \"execute\": \"qmp_capabilities\",\n  \"id\": \"libvirt-1\"\n}}\n\n\
         {{\n  \"return\": {{}},\n  \"id\": \"libvirt-1\"\n}}\n\n\n\
         {{\n  \"execute\": \"query-qmp-schema\"\n}}\n\n{{\n  \"return\": {SCHEMA},\n  \"id\": \"libvirt-2\"\n}}\n"
    );
    assert_eq!(load_text(&replies, "x").unwrap(), expected());
}

#[test]
fn prompts_and_arrows_between_the_documents_do_no_harm() {
    let session = format!(
        "Welcome to the QMP low-level shell!\nConnected to QEMU {{7.2\n\n(QEMU) query-qmp-schema\n\
         -> {{\"execute\": \"query-qmp-schema\"}}\n<- {{\"return\": {SCHEMA}}}\n"
    );
    assert_eq!(load_text(&session, "x").unwrap(), expected());
}

#[test]
fn the_first_of_two_schemas_is_taken() {
    let text =
        format!("{{\"return\": {SCHEMA}}}\n{{\"return\": [{{\"name\": \"x\", \"meta-type\": \"none\"}}]}}");
    assert_eq!(load_text(&text, "x").unwrap(), expected());
}

#[test]
fn a_session_without_a_schema_says_so() {
    let error = load_text("{\"return\": {}}\n{\"return\": [1]}\n", "log").unwrap_err();
    assert!(matches!(error, LoadError::NoSchema { documents: 2, .. }), "{error}");
    assert!(error.to_string().starts_with("log: none of its 2 JSON documents"), "{error}");
}

#[test]
fn an_error_in_a_later_document_is_placed_in_the_file() {
    let damaged = SCHEMA.replacen("\"0\"", "0", 1);
    let error =
        load_text(&format!("{{\"return\": {{}}}}\n\n  {{\"return\": {damaged}}}\n"), "log").unwrap_err();
    assert!(error.to_string().starts_with("log:3:24: invalid type: integer `0`"), "{error}");
}

#[test]
fn a_cut_document_is_placed_where_it_ends() {
    let text = format!("{{\"return\": {{}}}}\n{{\"return\": {}", &SCHEMA[..100]);
    let error = load_text(&text, "log").unwrap_err();
    assert!(matches!(&error, LoadError::Json { line: 3, message, .. } if message.contains("EOF")), "{error}");
}

#[test]
fn many_false_starts_end_early() {
    let text = "{ oops\n".repeat(100_000);
    assert!(load_text(&text, "x").is_err());
    assert!(load_text(&"{".repeat(1_000_000), "x").is_err());
}
