//! Since which version there is a definition or a member, as the comments of a document say it. They need be
//! of no strict form: those of before 2.9 were checked by nobody, and those of a scraped page are damaged.
//!
//! Source: QEMU `docs/devel/qapi-code-gen.rst`, "Documentation comments".

use std::collections::{BTreeMap, HashSet};

/// Characters of a version.
const VERSION_CHARS_MAX: usize = 16;

/// What the comment at hand is about.
#[derive(Default)]
struct Subject<'t> {
    definition: Option<&'t str>,
    member: Option<&'t str>,
    /// What follows is no member, though it may look like one.
    beyond_members: bool,
    /// A paragraph of a member that is not indented belongs to the definition again.
    after_blank: bool,
}

/// Adds what the comments of `text` say of the `defined`: `NAME`, or `NAME.MEMBER`, with the version.
pub(super) fn read(text: &str, defined: &HashSet<&str>, into: &mut BTreeMap<String, String>) {
    let mut subject = Subject::default();
    for line in text.lines() {
        let Some(comment) = line.strip_prefix('#') else {
            subject = Subject::default();
            continue;
        };
        if comment.starts_with('#') {
            subject = Subject::default();
            continue;
        }
        let comment = comment.strip_prefix(' ').unwrap_or(comment).trim_end();
        if let Some((name, version)) = subject.line(comment)
            && defined.contains(name.split('.').next().unwrap_or_default())
        {
            into.entry(name).or_insert_with(|| version.to_owned());
        }
    }
}

impl<'t> Subject<'t> {
    /// What the line says, if it says any of it.
    fn line(&mut self, comment: &'t str) -> Option<(String, &'t str)> {
        if comment.is_empty() {
            self.after_blank = true;
            return None;
        }
        let blank = std::mem::take(&mut self.after_blank);
        let described = comment.strip_prefix('@').and_then(|rest| rest.split_once(':'));
        let Some(definition) = self.definition else {
            self.definition = described.map(|(name, _)| name);
            return None;
        };
        if let Some((member, text)) = described.filter(|_| !self.beyond_members) {
            self.member = Some(member);
            let version = version(text).or_else(|| in_brackets(text))?;
            return Some((format!("{definition}.{member}"), version));
        }
        if let Some(version) = version(comment) {
            self.member = None;
            return Some((definition.to_owned(), version));
        }
        let indented = comment.starts_with([' ', '\t']);
        self.beyond_members |= comment == "Features:";
        if !indented && (blank || self.beyond_members || comment.ends_with(':')) {
            self.member = None;
        }
        let member = self.member?;
        Some((format!("{definition}.{member}"), in_brackets(comment)?))
    }
}

/// `1.3` of `Since: 1.3`, `since 1.3` and the like.
fn version(text: &str) -> Option<&str> {
    let text = text.trim_start();
    let word = text.get(.."since".len()).filter(|word| word.eq_ignore_ascii_case("since"))?;
    let rest = text[word.len()..].trim_start_matches([':', ' ']);
    let length = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let version = rest[..length].trim_end_matches('.');
    let good = version.starts_with(|c: char| c.is_ascii_digit()) && version.len() <= VERSION_CHARS_MAX;
    good.then_some(version)
}

/// The version of the first bracket in `text` that begins with the word.
fn in_brackets(text: &str) -> Option<&str> {
    text.match_indices('(').find_map(|(at, _)| version(&text[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(String, String)> {
        let mut into = BTreeMap::new();
        read(text, &HashSet::from(["query-a", "B"]), &mut into);
        into.into_iter().collect()
    }

    fn pair(name: &str, version: &str) -> (String, String) {
        (name.to_owned(), version.to_owned())
    }

    #[test]
    fn definitions_and_members_have_their_own_versions() {
        let text = "##\n# @query-a:\n#\n# Asks (since 0.9 it is quick).\n#\n# @one: the first\n#     of all (Since: 2.1).\n\
                    # @two: Since 2.10\n#\n# @three: none\n#\n# Returns: what was (since 9.9)\n#\n# Since: 1.3\n##\n{ }\n";
        let due = [pair("query-a", "1.3"), pair("query-a.one", "2.1"), pair("query-a.two", "2.10")];
        assert_eq!(told(text), due);
    }

    #[test]
    fn comments_of_before_any_form_are_read_as_well() {
        let text = "# @B:\n#\n# Words.\n#\n# @x: #optional something (since 1.2)\n#\n# Since 0.14.0\n##\n";
        assert_eq!(told(text), [pair("B", "0.14.0"), pair("B.x", "1.2")]);
    }

    #[test]
    fn what_is_no_version_of_a_definition_is_passed_over() {
        assert_eq!(told("##\n# @B:\n# deprecated since QEMU 6.0\n# Since: the beginning\n##\n"), []);
        assert_eq!(told("##\n# @other:\n# Since: 1.0\n##\n"), [], "there is no such definition");
        assert_eq!(told("##\n# = A chapter\n# Since: 1.0\n##\n"), []);
        let features = "##\n# @B:\n# Features:\n# @unstable: it may go (since 7.1)\n##\n";
        assert_eq!(told(features), [], "a feature is no member");
        assert_eq!(told("##\n# @B:\n##\n# Since: 1.0\n"), [], "another comment");
    }
}
