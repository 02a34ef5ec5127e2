//! Characters that a page has and source has not.

use super::Repair;

/// What an entity or a typographic quote stands for. The ampersand comes last, or it would make new ones.
const QUOTES: &[(&str, &str)] = &[
    ("&#39;", "'"),
    ("&#x27;", "'"),
    ("&apos;", "'"),
    ("\u{2018}", "'"),
    ("\u{2019}", "'"),
    ("&quot;", "\""),
    ("&#34;", "\""),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&nbsp;", " "),
    ("&amp;", "&"),
];

/// Makes line ends, spaces and quotes plain.
pub fn clean(text: &str) -> (String, Vec<Repair>) {
    let mut repairs = Vec::new();
    let mut clean = String::with_capacity(text.len());
    let (mut invisible, mut ends, mut spaces) = (0, 0, 0);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' => invisible += 1,
            '\r' => {
                ends += 1;
                characters.next_if_eq(&'\n');
                clean.push('\n');
            }
            character if is_odd_space(character) => {
                spaces += 1;
                clean.push(' ');
            }
            character => clean.push(character),
        }
    }
    let apostrophes =
        |wanted: &[&str]| wanted.iter().map(|quote| clean.matches(quote).count()).sum::<usize>();
    // Prose may have a few; only where most are so, the quotes of the source are, too.
    let quoted = apostrophes(&["&#39;", "&#x27;", "&apos;", "\u{2018}", "\u{2019}"]);
    let mut quotes = 0;
    if quoted > apostrophes(&["'"]) {
        for (entity, character) in QUOTES {
            quotes += clean.matches(entity).count();
            clean = clean.replace(entity, character);
        }
    }
    let counts = [
        (invisible, Repair::Invisible { count: invisible }),
        (ends, Repair::LineEnds { count: ends }),
        (spaces, Repair::Spaces { count: spaces }),
        (quotes, Repair::Quotes { count: quotes }),
    ];
    repairs.extend(counts.into_iter().filter(|(count, _)| *count > 0).map(|(_, repair)| repair));
    (clean, repairs)
}

/// Whether odd spaces stand where source has spaces: not in comments, where anybody may write them.
pub fn odd_spaces_in_source(text: &str) -> bool {
    text.lines().any(|line| {
        let code = line.split('#').next().unwrap_or_default();
        code.starts_with('{') && code.contains(is_odd_space)
    })
}

fn is_odd_space(character: char) -> bool {
    matches!(
        character,
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}
