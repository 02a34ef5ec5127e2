//! Text for people: safe to print whatever a peer put in it, wrapped, shortened, counted.

use std::borrow::Cow;

/// The text with everything that could steer a terminal, reorder a line or break an XML file made visible:
/// control characters, bidirectional marks and noncharacters become `\u{…}`, `\n`, `\r`, `\t`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
        || (c as u32) & 0xFFFE == 0xFFFE
}

/// The text made printable and, when longer than `chars`, shortened in the middle.
pub(crate) fn shorten(text: &str, chars: usize) -> String {
    let text = printable(text);
    let length = text.chars().count();
    if length <= chars {
        return text.into_owned();
    }
    let keep = chars.saturating_sub(3) / 2;
    let head: String = text.chars().take(keep).collect();
    let tail: String = text.chars().skip(length - keep).collect();
    format!("{head} … {tail}")
}

/// The text in lines of at most `width` characters, broken at spaces, or inside a word that is longer.
/// Never empty.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let mut rest: Vec<char> = word.chars().collect();
        if used > 0 {
            if used + 1 + rest.len().min(width) > width {
                lines.push(String::new());
                used = 0;
            } else {
                push(&mut lines, &[' ']);
                used += 1;
            }
        }
        while used + rest.len() > width {
            let tail = rest.split_off(width - used);
            push(&mut lines, &rest);
            lines.push(String::new());
            (rest, used) = (tail, 0);
        }
        push(&mut lines, &rest);
        used += rest.len();
    }
    lines
}

fn push(lines: &mut [String], chars: &[char]) {
    if let Some(line) = lines.last_mut() {
        line.extend(chars);
    }
}

/// `15,012`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 finding`, `2 findings`.
pub(crate) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// The text as one word of a POSIX shell, quoted only where it must be.
pub fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_escape_is_made_visible() {
        assert_eq!(printable("a\u{1b}[31mb\0\n"), "a\\u{1b}[31mb\\u{0}\\n");
        assert_eq!(printable("x\u{202e}y\u{ffff}"), "x\\u{202e}y\\u{ffff}");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert!(matches!(printable("käse — 1"), Cow::Borrowed("käse — 1")));
    }

    #[test]
    fn long_text_is_shortened_in_the_middle() {
        let short = shorten(&"abcdefghij".repeat(10), 23);
        assert_eq!(short, "abcdefghij … abcdefghij");
        assert_eq!(shorten("short", 23), "short");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("a abcdefghij", 4), ["a", "abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        assert!(wrap(&"word ".repeat(50), 20).iter().all(|line| line.chars().count() <= 20));
    }

    #[test]
    fn numbers_have_separators() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(counted(1, "finding", "findings"), "1 finding");
        assert_eq!(counted(0, "finding", "findings"), "0 findings");
    }

    #[test]
    fn a_word_for_the_shell_is_quoted_only_when_it_must_be() {
        assert_eq!(shell_word("out/a.json"), "out/a.json");
        assert_eq!(shell_word("my out/it's"), r"'my out/it'\''s'");
        assert_eq!(shell_word(""), "''");
    }
}
