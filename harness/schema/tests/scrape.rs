//! Scraped pages: what each kind of damage does to a small document, and that undoing gives the document again.

use qmprobe_schema::scrape::{Kind, Partial, Repair, Scrape, is_scrape, undo};
use std::env;
use std::fmt::Write;
use std::path::Path;

/// A document with what is easily mistaken: quotes, braces and numbers in comments, blank lines, a comment
/// inside an expression.
const SOURCE: &str = "# -*- mode: python -*-

##
# @Lamp:
#
# A lamp. Isn't that { \"so\": 1 }?
#
# 12
##
{ 'struct': 'Lamp',
  'data': { 'lit': 'bool',
            # not '{' but a comment
            '*hue': 'str' } }

##
# @query-lamps:
##
{ 'command': 'query-lamps',
  'returns': ['Lamp'] }

{ 'event': 'LAMP_LIT', 'data': { 'id': 'int' } }
";

fn lines() -> Vec<&'static str> {
    SOURCE.lines().collect()
}

fn numbered(form: impl Fn(usize, &str) -> String) -> String {
    lines().iter().zip(1..).map(|(line, number)| form(number, line)).collect()
}

fn gutter(first: usize, last: usize) -> String {
    (first..=last).fold(String::new(), |mut out, number| {
        let _ = writeln!(out, "{number}");
        out
    })
}

/// The text is the source, but for spaces at the ends of lines.
fn is_source(scrape: &Scrape) -> bool {
    scrape.text.lines().map(str::trim_end).eq(lines())
}

fn restored(text: &str, kind: Kind) -> Scrape {
    assert_eq!(is_scrape(text), Some(kind), "{text}");
    let scrape = undo(text);
    assert!(is_source(&scrape), "{}", scrape.text);
    assert!(scrape.lines.is_exact() && scrape.partial.is_empty(), "{scrape:?}");
    scrape
}

#[test]
fn source_is_no_scrape_and_stays_as_it_is() {
    assert_eq!(is_scrape(SOURCE), None);
    let scrape = undo(SOURCE);
    assert_eq!(scrape.text, SOURCE);
    assert!(scrape.repairs.is_empty() && scrape.partial.is_empty() && scrape.docs_whole);
    assert_eq!((scrape.lines.original(1), scrape.lines.original(21)), (Some(1), Some(21)));
    assert_eq!((scrape.lines.original(0), scrape.lines.original(22)), (None, None));
}

#[test]
fn what_only_looks_like_a_scrape_is_none() {
    for text in [
        "",
        "\n\n",
        "# 1\n# 2\n# 3\n# 4\n",
        "{ 'enum': 'E',\n  'data': [ '1',\n '2',\n '3' ] }\n",
        "{ 'enum': 'Digit', 'data': [ '0', '1' ] }\n1\n2\n",
        "'leading': 'junk'\n{ 'command': 'x' }\n",
        "# a no-break\u{a0}space in a comment\n{ 'command': 'x' }\n",
        "{\"return\": []}\n",
    ] {
        assert_eq!(is_scrape(text), None, "{text}");
    }
}

#[test]
fn undoing_twice_is_undoing_once() {
    let page = format!("Header\n21 lines (18 loc)\n{}{SOURCE}", gutter(1, 21));
    let once = undo(&page);
    assert_eq!(undo(&once.text).text, once.text);
}

#[test]
fn a_number_before_each_line_is_taken_off() {
    let plain = |number: usize, line: &str| format!("{number} {line}\n");
    restored(&numbered(plain), Kind::Numbered);
    restored(&numbered(|number, line| format!("{number:6}\t{line}\n")), Kind::Numbered);
    restored(&numbered(|number, line| format!("{number}:{line}\n")), Kind::Numbered);
    restored(&numbered(|number, line| format!("{number:4} │ {line}\n")), Kind::Numbered);
    restored(&numbered(|number, line| format!("| {number} | {line} |\n")), Kind::Numbered);
    let scrape = restored(&format!("[a.git] / b.json\nblob1234\n{}", numbered(plain)), Kind::Numbered);
    assert!(scrape.repairs.contains(&Repair::Numbers { first: 1, last: 21 }));
    assert!(scrape.repairs.iter().any(|repair| matches!(repair, Repair::PageText { count: 2, .. })));
}

#[test]
fn lost_lines_come_back_blank_where_the_numbers_tell_where() {
    let bare = |line: &str| matches!(line, "" | "#" | "##");
    let page = numbered(|number, line| if bare(line) { String::new() } else { format!("{number} {line}\n") });
    let scrape = undo(&page);
    assert_eq!(is_scrape(&page), Some(Kind::Numbered));
    let expected: Vec<&str> = lines().into_iter().map(|line| if bare(line) { "" } else { line }).collect();
    assert!(scrape.text.lines().eq(expected), "{}", scrape.text);
    assert!(scrape.lines.is_exact() && !scrape.docs_whole && scrape.partial.is_empty(), "{scrape:?}");
    assert!(scrape.repairs.contains(&Repair::LinesRestored { count: 9 }), "{:?}", scrape.repairs);
}

#[test]
fn numbers_in_a_block_of_their_own_are_taken_off() {
    let numbers = gutter(1, 21);
    for page in [
        format!("{numbers}{SOURCE}"),
        format!("Skip to content\n/\nlamp.json\n\n{numbers}\n{SOURCE}\n\nFooter\n© 2024 Somebody\n"),
        format!("Skip to content\n{SOURCE}\n{numbers}"),
        format!("{}\n{SOURCE}", numbers.replace('\n', " ")),
        format!("{}{SOURCE}", numbers.replace('\n', "\n\n")),
        format!("{numbers}|\n{SOURCE}|\n"),
        format!(
            "{}{}{}{}",
            gutter(1, 11),
            lines()[..11].join("\n") + "\n",
            gutter(12, 21),
            lines()[11..].join("\n")
        ),
    ] {
        restored(&page, Kind::Gutter);
    }
}

#[test]
fn numbers_between_the_lines_are_taken_off() {
    restored(&numbered(|number, line| format!("{number}\n{line}\n")), Kind::Gutter);
    let without = |number: usize, line: &str| {
        if line.is_empty() { format!("{number}\n") } else { format!("{number}\n{line}\n") }
    };
    restored(&format!("Title\n{}Footer\nTerms\n", numbered(without)), Kind::Gutter);
}

#[test]
fn with_lines_lost_beside_a_block_of_numbers_the_line_numbers_are_not_known() {
    let filled: String =
        SOURCE.lines().filter(|line| !line.is_empty()).map(|line| format!("{line}\n")).collect();
    let scrape = undo(&format!("{}{filled}", gutter(1, 21)));
    assert_eq!(scrape.text, filled);
    assert!(scrape.repairs.contains(&Repair::LinesLost { count: 3 }), "{:?}", scrape.repairs);
    assert_eq!(scrape.lines.original(3), None);
    assert!(!scrape.docs_whole && scrape.partial.is_empty());
}

#[test]
fn page_text_around_the_source_goes() {
    let page = format!("lamp.json\nRaw\nBlame\n{SOURCE}\nFooter\n");
    assert_eq!(is_scrape(&page), Some(Kind::Page));
    let scrape = undo(&page);
    assert_eq!(scrape.text, SOURCE);
    assert_eq!(scrape.lines.original(1), None, "blank lines may have been lost");
}

#[test]
fn odd_characters_become_plain_ones() {
    let scrape = restored(&SOURCE.replace(' ', "\u{a0}"), Kind::Spaces);
    assert!(matches!(scrape.repairs[..], [Repair::Spaces { .. }]), "{:?}", scrape.repairs);
    let ends = undo(&format!("\u{feff}{}", SOURCE.replace('\n', "\r\n")));
    assert_eq!(ends.text, SOURCE);
    assert_eq!(ends.repairs, [Repair::Invisible { count: 1 }, Repair::LineEnds { count: 21 }]);
    let entities = SOURCE.replace('\'', "&#39;").replace('"', "&quot;");
    assert_eq!(undo(&entities).text, SOURCE);
    let typographic = SOURCE.replace(" '", " \u{2018}").replace('\'', "\u{2019}");
    assert_eq!(undo(&typographic).text, SOURCE);
}

#[test]
fn a_typographic_quote_in_prose_stays() {
    let text = "# it\u{2019}s 1 &lt; 2\n{ 'command': 'x' }\n";
    assert_eq!(undo(text).text, text);
}

#[test]
fn lost_indentation_is_reported_and_harmless() {
    let flat: String = SOURCE.lines().map(|line| format!("{}\n", line.trim_start())).collect();
    let scrape = undo(&flat);
    assert_eq!(scrape.text, flat);
    assert_eq!(scrape.repairs, [Repair::Indentation]);
    assert!(!scrape.docs_whole);
}

#[test]
fn fewer_lines_than_declared_are_a_part() {
    let page = |lines: &str| format!("lamp.json\n{lines} lines (18 loc) · 1 KB\n{}{SOURCE}", gutter(1, 21));
    assert!(undo(&page("21")).partial.is_empty());
    let cut = undo(&page("1,021"));
    assert_eq!(cut.partial, [Partial::Declared { declared: 1021, present: 21 }]);
    let without_numbers = format!("lamp.json\n40 lines (30 loc)\n{SOURCE}");
    assert_eq!(undo(&without_numbers).partial, [Partial::Declared { declared: 30, present: 18 }]);
}

#[test]
fn a_document_that_does_not_begin_with_its_first_line_is_a_part() {
    let page = numbered(|number, line| format!("{} {line}\n", number + 100));
    let scrape = undo(&page);
    assert_eq!(scrape.partial, [Partial::Beginning { first: 101 }]);
    assert!(scrape.lines.is_exact());
    assert!(scrape.text.lines().skip(100).eq(lines()));
}

#[test]
fn a_cut_is_seen_wherever_a_definition_is_cut() {
    for end in 1..=21 {
        let cut = !undo(&lines()[..end].join("\n")).partial.is_empty();
        let inside = (3..=12).contains(&end) || (15..=18).contains(&end);
        assert_eq!(cut, inside, "cut after line {end}");
    }
}

#[test]
fn an_unfinished_end_is_left_out_with_its_comment() {
    let text = lines()[..18].join("\n");
    let scrape = undo(&text);
    assert_eq!(scrape.partial, [Partial::Unclosed { line: 18 }]);
    assert_eq!(scrape.repairs, [Repair::EndBlanked { line: 15 }]);
    assert!(scrape.text.lines().eq(lines()[..13].iter().copied()), "{}", scrape.text);
}

#[test]
fn a_cut_is_seen_without_the_marks_of_doc_comments() {
    let page =
        numbered(
            |number, line| {
                if line == "##" || number > 16 { String::new() } else { format!("{number} {line}\n") }
            },
        );
    assert_eq!(undo(&page).partial, [Partial::DocComment { line: 16 }]);
}

#[test]
fn a_plain_comment_at_the_end_is_no_cut() {
    assert!(undo(&format!("{SOURCE}\n# Local variables: none\n")).partial.is_empty());
}

#[test]
fn no_text_makes_it_stumble() {
    for text in [
        "'",
        "{",
        "{{{{",
        "}}}}",
        "1",
        "1\n2\n3",
        "99999999 x\n",
        "1 a\n4000000 b\n5 c\n",
        "|",
        "é 1\n",
        "1 é\n2 é\n3 é",
    ] {
        let scrape = undo(text);
        assert!(scrape.text.len() < 1000, "{text}");
        let _ = is_scrape(text);
    }
}

/// Real pages, where there are some: what they must come to is known by their names.
#[test]
#[allow(clippy::print_stderr, reason = "a test that did not run says so")]
fn real_pages_have_the_expressions_that_they_should() {
    let Some(dir) = env::var_os("QMPROBE_SEEDS") else {
        eprintln!("not run: QMPROBE_SEEDS names no directory of scraped pages");
        return;
    };
    // Name, expressions, whether line numbers are exact, and signs of a cut.
    let known: [(&str, usize, bool, usize); 5] = [
        ("000", 40, true, 0),
        ("001", 25, false, 0),
        ("002", 28, true, 0),
        ("003", 213, true, 0),
        ("004", 56, false, 2),
    ];
    for (name, expressions, exact, partial) in known {
        let mut files =
            Path::new(&dir).read_dir().expect("a directory").map(|entry| entry.expect("a file").path());
        let file =
            files.find(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(name)));
        let text = std::fs::read_to_string(file.expect(name)).expect("text");
        assert!(is_scrape(&text).is_some(), "{name}");
        let scrape = undo(&text);
        assert_eq!(is_scrape(&scrape.text), None, "{name}");
        let counted = scrape.text.lines().filter(|line| line.starts_with('{')).count();
        assert_eq!(counted, expressions, "{name}");
        assert_eq!((scrape.lines.is_exact(), scrape.partial.len()), (exact, partial), "{name}");
    }
}
