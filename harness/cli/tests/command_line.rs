//! The command line's contract as a script sees it: exit codes, and what is said on which stream.

use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn qmprobe(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_qmprobe"));
    command.args(words).stdin(Stdio::null()).env_remove("NO_COLOR");
    command
}

fn run(words: &[&str]) -> Output {
    qmprobe(words).output().expect("qmprobe starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("qmprobe ends by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json_in(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("the report was written");
    serde_json::from_str(&text).expect("the report is JSON")
}

#[test]
fn rules_is_a_table_that_fits_a_page() {
    let output = run(&["rules"]);
    assert_eq!(code(&output), 0);
    let table = stdout(&output);
    assert!(table.lines().any(|line| line.contains("reply-id-echo") && line.contains("violation")));
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
}

#[test]
fn rules_as_json_has_what_the_table_has() {
    let rules: serde_json::Value = serde_json::from_slice(&run(&["rules", "--json"]).stdout).unwrap();
    assert_eq!(rules.as_array().unwrap().len(), stdout(&run(&["rules"])).lines().count());
    assert!(rules[0]["requirement"].is_string());
}

#[test]
fn a_closed_pipe_is_quiet() {
    for words in
        [&["rules"][..], &["rules", "--json"], &["explain", "Q301"], &["--help"], &["schema", "show"]]
    {
        let mut child: Child = qmprobe(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Nobody reads from here on, and nothing was read yet.
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(stderr(&output), "", "{words:?}");
        assert_eq!(code(&output), 0, "{words:?}");
    }
}

#[test]
fn an_unknown_rule_is_usage_with_a_hint() {
    let output = run(&["check", "--reference", "--rule", "reply-id-ecko"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean `reply-id-echo`"), "{}", stderr(&output));
    assert_eq!(code(&run(&["explain", "no-such-thing"])), 2);
}

#[test]
fn an_unknown_bug_is_usage_with_a_hint() {
    let output = run(&["serve", "--listen", "unix:x.sock", "--bug", "no-greetings"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean `no-greeting`"), "{}", stderr(&output));
}

#[test]
fn bad_words_are_usage() {
    for words in [
        &[][..],
        &["chekc"],
        &["check", "--connect", "carrier-pigeon:1"],
        &["check", "--connect", "vsock:3"],
        &["check", "--reference", "--time", "0"],
        &["check", "--reference", "--schema", "no-such-schema"],
        &["check", "--reference", "--waivers", "no-such-file.toml"],
        &["check", "--reference", "--json", "no-such-dir/out.json"],
        &["check", "--reference", "--json", "-", "--junit", "-"],
        &["replay", "no-such-finding.json"],
        &["report", "no-such-dir"],
        &["schema", "record"],
        &["serve"],
    ] {
        let output = run(words);
        assert_eq!(code(&output), 2, "{words:?}: {}", stderr(&output));
        assert!(!output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn a_waiver_without_a_reason_is_usage() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("waivers.toml");
    std::fs::write(&file, "[[waiver]]\nrule = \"one-reply\"\n").unwrap();
    let output = run(&["check", "--reference", "--waivers", file.to_str().unwrap()]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("reason"), "{}", stderr(&output));
}

#[test]
fn a_peer_that_cannot_be_reached_is_3_and_the_report_says_so() {
    let scratch = tempfile::tempdir().unwrap();
    let report = scratch.path().join("report.json");
    let out = scratch.path().join("out");
    for peer in
        ["--connect=unix:/nonexistent/qmp.sock", "--connect=tcp:127.0.0.1:1", "--qemu=/nonexistent/qemu"]
    {
        let output =
            qmprobe(&["check", peer, "--json"]).arg(&report).arg("--out").arg(&out).output().unwrap();
        assert_eq!(code(&output), 3, "{peer}: {}", stderr(&output));
        assert!(stderr(&output).starts_with("qmprobe: "), "{}", stderr(&output));
        let document = json_in(&report);
        assert_eq!(document["exit"], 3);
        assert_eq!(document["complete"], false);
    }
}

fn frame(args: &[&str], input: &[u8]) -> String {
    let args = [&["frame"], args].concat();
    let mut child = qmprobe(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("piped").write_all(input).expect("it reads");
    String::from_utf8(child.wait_with_output().expect("it ends").stdout).expect("JSON")
}

#[test]
fn frame_says_what_qemu_makes_of_bytes() {
    let expected = r#"{"outcome":"value","offset":0,"object":true}
{"outcome":"error","stage":"syntax","offset":17,"desc":"JSON parse error, expecting value"}
{"outcome":"value","offset":19,"object":false}
{"outcome":"error","stage":"lexical","offset":21,"desc":"JSON parse error, stray '\u{FFFD}'"}
"#;
    assert_eq!(frame(&[], b"{\"execute\":\"x\"} {] 1\n\xff[1,"), expected.replace("\\u{FFFD}", "\u{FFFD}"));
}

#[test]
fn each_model_of_frame_has_its_own_mind_of_errors() {
    let input = ["[".repeat(1025), "]".repeat(1025), "{\"id\":01} {}".to_owned()].concat();
    let lines = |model: &str| frame(&["--model", model], input.as_bytes()).lines().count();
    assert_eq!(lines("v3.1"), 1 + 1025 + 2 + 1);
    assert_eq!(lines("v11"), 1 + 2 + 1);
    assert_eq!(lines("tolerant"), 1 + 1);
}

#[test]
fn explain_says_how_to_see_the_rule_broken() {
    let output = run(&["explain", "reply-id-echo"]);
    let text = stdout(&output);
    assert!(text.contains("Q301") && text.contains("source") && text.contains("--spawn"), "{text}");
}

#[test]
fn schema_show_lists_what_is_shipped() {
    let text = stdout(&run(&["schema", "show"]));
    let names: Vec<&str> = text.lines().collect();
    assert!(
        names.contains(&"qemu-11.1") && names.contains(&"storage-daemon-5.2") && names.contains(&"qga-7.2")
    );
}

#[test]
fn schema_show_shows_a_command_an_event_or_a_place() {
    let shown = |what: &str| {
        let output = run(&["schema", "show", "qemu-7.2", "--command", what]);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        stdout(&output)
    };
    let command = shown("block-commit");
    assert!(command.contains("on-error?: enum report|ignore|enospc|stop|auto\n"), "{command}");
    assert!(command.ends_with("\n{\"execute\":\"block-commit\",\"arguments\":{\"device\":\"text\"}}\n"));
    assert!(shown("STOP").starts_with("event STOP\n"));
    assert!(shown("block-commit.arguments.on-error").starts_with("on-error: enum report|"));
}

#[test]
fn schema_show_says_what_may_have_been_meant() {
    let output = run(&["schema", "show", "qemu-7.2", "--command", "blok-comit"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean `block-commit`"), "{}", stderr(&output));
    let output = run(&["schema", "show", "qemu-7.3"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("did you mean `qemu-7.2`"), "{}", stderr(&output));
}

#[test]
fn schema_show_tree_is_a_line_for_each_command_and_event() {
    let text = stdout(&run(&["schema", "show", "storage-daemon-7.2", "--tree"]));
    assert!(
        text.lines()
            .any(|line| line.starts_with("blockdev-add(driver, ") && line.contains("iscsi: transport"))
    );
    assert!(text.lines().any(|line| line == "quit()"));
}

#[test]
fn schema_show_asks_a_peer_and_what_is_recorded_of_it_shows_the_same() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("reference.json");
    let file = file.to_str().unwrap();
    let recorded = run(&["schema", "record", "--reference", "-o", file]);
    assert_eq!(code(&recorded), 0, "{}", stderr(&recorded));
    assert_eq!(json_in(Path::new(file))["provenance"]["source"], "query-qmp-schema");
    for form in [&[][..], &["--json"]] {
        let show = |of| stdout(&run(&[&["schema", "show", of][..], form].concat()));
        assert_eq!(show(file), show("--reference"));
    }
}

#[test]
fn schema_show_as_json_lists_what_a_document_declares() {
    let scratch = tempfile::tempdir().unwrap();
    let file = scratch.path().join("lamp.json");
    let source = "{ 'pragma': { 'doc-required': false } }
{ 'enum': 'How', 'data': [ 'slow', 'fast' ] }
{ 'struct': 'Lamp', 'data': { 'on': 'bool', '*next': 'Lamp', 'marks': [ 'int' ] } }
{ 'alternate': 'Ref', 'data': { 'one': 'str', 'all': 'Lamp' } }
{ 'command': 'dim', 'data': { 'to': 'uint8', '*how': 'How', 'ref': 'Ref' }, 'returns': [ 'Lamp' ] }
{ 'command': 'gone', 'success-response': false, 'if': 'CONFIG_GONE' }
{ 'event': 'LIT', 'data': 'Lamp' }
";
    std::fs::write(&file, source).unwrap();
    let show = |words: &[&str]| {
        let shown = run(&[&["schema", "show", file.to_str().unwrap(), "--json"][..], words].concat());
        serde_json::from_str::<Value>(&stdout(&shown)).unwrap()
    };
    let shown = show(&[]);
    let member = |ty: Value, optional: bool| json!({ "type": ty, "optional": optional });
    let dim = &shown["commands"]["dim"];
    let args = json!({
        "to": member(json!("uint8"), false), "how": member(json!("How"), true), "ref": member(json!("Ref"), false),
    });
    assert_eq!(dim["args"], args);
    assert_eq!(dim["returns"], json!(["Lamp"]));
    assert_eq!((&dim["success_response"], &dim["oob"]), (&json!(true), &json!(false)));
    assert_eq!(shown["commands"]["gone"]["success_response"], false);
    let lamp = json!({
        "on": member(json!("bool"), false), "next": member(json!("Lamp"), true),
        "marks": member(json!(["int"]), false),
    });
    assert_eq!(shown["structs"], json!({ "Lamp": { "members": lamp } }));
    assert_eq!(shown["enums"], json!({ "How": { "values": ["slow", "fast"] } }));
    assert_eq!(shown["alternates"], json!({ "Ref": { "choices": ["str", "Lamp"] } }));
    assert_eq!(shown["events"]["LIT"]["data"], lamp);
    assert_eq!(shown["pragmas"], json!([{ "doc-required": false }]));
    assert_eq!((&shown["partial"], &shown["undefined"]), (&json!(false), &json!([])));
    assert_eq!(show(&["--define", "all"])["commands"]["gone"]["success_response"], false);
    assert_eq!(show(&["--define", "CONFIG_OTHER"])["commands"]["gone"], Value::Null);
}

#[test]
fn schema_show_takes_a_schema_or_a_peer_and_one_form() {
    for words in [
        &["schema", "show", "qemu-7.2", "--reference"][..],
        &["schema", "show", "qemu-7.2", "--json", "--tree"],
        &["schema", "show", "qemu-7.2", "--tree", "--command", "quit"],
    ] {
        assert_eq!(code(&run(words)), 2, "{words:?}");
    }
}
