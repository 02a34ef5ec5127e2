//! `schema import` and `schema show` from end to end: what is accepted, what is refused, and what is said.

use std::path::PathBuf;
use std::process::{Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_qmprobe");

const SOURCE: &str = "\
# Lamps.
{ 'struct': 'Lamp', 'data': { 'watts': 'uint8', '*name': 'str' } }
{ 'command': 'lamp-add', 'data': 'Lamp', 'if': 'CONFIG_LAMPS' }
{ 'command': 'query-lamps', 'returns': [ 'Lamp' ] }
";

struct Scratch(tempfile::TempDir);

impl Scratch {
    fn new() -> Scratch {
        Scratch(tempfile::tempdir().expect("a temporary directory"))
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// Runs `qmprobe schema WORDS`: exit code, output, what was said.
fn schema(words: &[&str]) -> (i32, String, String) {
    let output =
        Command::new(BINARY).arg("schema").args(words).stdin(Stdio::null()).output().expect("it runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("it ends by itself"), text(&output.stdout), text(&output.stderr))
}

#[test]
fn source_becomes_our_own_format_and_stays_it() {
    let scratch = Scratch::new();
    let source = scratch.file("lamps.json", SOURCE);
    let own = scratch.path("own.json").display().to_string();
    let (code, _, said) = schema(&["import", "--era", "7.2", &source, "-o", &own]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("2 commands, 0 events, 1 structs"), "{said}");
    let text = std::fs::read_to_string(&own).expect("written");
    assert!(text.contains(r#""source":"lamps.json","binary":"","version":"7.2""#), "{text}");
    let (code, again, _) = schema(&["import", &own]);
    let facts = |text: &str| text.lines().skip(2).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!((code, facts(&again)), (0, facts(&text)));
    let (code, page, _) = schema(&["show", "--command", "lamp-add", &own]);
    assert!(code == 0 && page.contains("watts"), "{page}");
}

#[test]
fn a_defined_symbol_decides_what_is_there() {
    let scratch = Scratch::new();
    let source = scratch.file("lamps.json", SOURCE);
    let (_, all, _) = schema(&["import", &source]);
    let (_, with, _) = schema(&["import", "--define", "CONFIG_LAMPS", &source]);
    let (_, without, _) = schema(&["import", "--define", "CONFIG_OTHER", &source]);
    assert!(all.contains("lamp-add") && all.contains("CONFIG_LAMPS"), "{all}");
    assert!(with.contains("lamp-add") && !with.contains("CONFIG_LAMPS"), "{with}");
    assert!(!without.contains("\"lamp-add\""), "{without}");
}

#[test]
fn what_is_wrong_is_shown_in_its_place_and_nothing_is_written() {
    let scratch = Scratch::new();
    let source =
        scratch.file("lamps.json", "{ 'command': 'a', 'data': { 'x': 'bol' } }\n{ 'command': 'A_b' }\n");
    let own = scratch.path("own.json");
    let (code, _, said) = schema(&["import", "--era", "7.2", &source, "-o", &own.display().to_string()]);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("lamps.json:1:34") && said.contains("did you mean 'bool'"), "{said}");
    assert!(said.contains("lamps.json:2:14") && said.contains("2 errors"), "{said}");
    assert!(!own.exists());
}

#[test]
fn the_version_decides_what_is_accepted() {
    let scratch = Scratch::new();
    let source = scratch.file("old.json", "{ 'type': 'Lamp', 'data': { 'watts': 'int' } }\n");
    assert_eq!(schema(&["import", "--era", "1.7", &source]).0, 0);
    assert_eq!(schema(&["import", "--era", "7.2", &source]).0, 2);
    let (code, _, said) = schema(&["import", &source]);
    assert!(code == 0 && said.contains("by the rules of QEMU 2.3"), "{said}");
    let (code, _, said) = schema(&["import", "--era", "new", &source]);
    assert!(code == 2 && said.contains("7.2"), "{said}");
}

#[test]
fn a_scraped_page_is_taken_only_as_such() {
    let scratch = Scratch::new();
    let lines = SOURCE.lines().zip(1..).map(|(line, number)| format!("{number} {line}\n"));
    let page = scratch.file("page.txt", &lines.collect::<String>());
    let (code, _, said) = schema(&["import", &page]);
    assert!(code == 2 && said.contains("--scrape"), "{said}");
    let (code, own, said) = schema(&["import", "--scrape", &page]);
    assert!(code == 0 && own.contains("lamp-add"), "{said}");
    assert!(said.contains("line numbers 1 to 4 dropped"), "{said}");
}

#[test]
fn a_directory_is_read_from_its_main_document() {
    let scratch = Scratch::new();
    scratch.file("qapi/qapi-schema.json", "{ 'include': 'lamps.json' }\n");
    scratch.file("qapi/lamps.json", SOURCE);
    let dir = scratch.path("").display().to_string();
    let (code, own, said) = schema(&["import", &dir]);
    assert!(code == 0 && own.contains("lamp-add") && said.contains("1 includes"), "{said}");
    let empty = Scratch::new();
    assert_eq!(schema(&["import", &empty.path("").display().to_string()]).0, 2);
}

#[test]
fn what_is_no_schema_is_refused() {
    let scratch = Scratch::new();
    for text in ["", "{}", "[1, 2]", "{\"return\": {}}", "plain words"] {
        let file = scratch.file("x", text);
        let (code, _, said) = schema(&["import", &file]);
        // An empty document is a schema that declares nothing.
        assert_eq!(code, if text.is_empty() { 0 } else { 2 }, "{text}: {said}");
    }
    let (code, _, said) = schema(&["import", "era/qemu-1.1"]);
    assert!(code == 2 && said.contains("era/qemu-1.0"), "{said}");
}

#[test]
fn schemas_of_other_eras_go_by_name() {
    let (code, page, said) = schema(&["show", "--command", "blockdev-add", "era/qemu-1.7"]);
    assert!(code == 0 && page.contains("driver"), "{page}{said}");
}
