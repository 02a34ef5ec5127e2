//! Names by pattern, for tables: `*` stands for any characters, everything else for itself.

/// Whether `text` is what `pattern` describes.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_for_none() {
        for (pattern, text) in [
            ("*", ""),
            ("query-*", "query-version"),
            ("query-*", "query-"),
            ("*save*", "snapshot-save"),
            ("*-x-*", "a-x-b"),
            ("a*b*c", "abbc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn what_stands_around_a_star_must_be_there() {
        for (pattern, text) in [
            ("query-*", "x-query-a"),
            ("quit", "quite"),
            ("", "a"),
            ("a*b*c", "acb"),
            ("*ab", "a"),
            ("a*a", "a"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
