//! Peer versions, and the ranges of them that rules and waivers speak of.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A peer's version as its greeting or `guest-info` states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number, 0 where it is not given.
    pub micro: u32,
}

impl Version {
    /// `major.minor.0`.
    pub const fn new(major: u32, minor: u32) -> Version {
        Version { major, minor, micro: 0 }
    }

    /// Reads `7.2` or `7.2.22`; anything after that is ignored (`7.2.22 (Debian …)`).
    pub fn parse(text: &str) -> Option<Version> {
        let numeric: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let mut parts = numeric.split('.').map(|part| part.parse::<u32>().ok());
        let major = parts.next()??;
        let minor = parts.next().flatten()?;
        let micro = parts.next().flatten().unwrap_or(0);
        Some(Version { major, minor, micro })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.micro)
    }
}

/// A range of versions, both ends inclusive and compared by major.minor only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VersionRange {
    /// The first version in the range; `None` means from the beginning.
    pub first: Option<(u32, u32)>,
    /// The last version in the range; `None` means to this day.
    pub last: Option<(u32, u32)>,
}

impl VersionRange {
    /// Every version, and peers that state none.
    pub const ALL: VersionRange = VersionRange { first: None, last: None };

    /// From `major.minor` on.
    pub const fn since(major: u32, minor: u32) -> VersionRange {
        VersionRange { first: Some((major, minor)), last: None }
    }

    /// Up to and including `major.minor`.
    pub const fn until(major: u32, minor: u32) -> VersionRange {
        VersionRange { first: None, last: Some((major, minor)) }
    }

    /// Reads `*`, `7.2` (that one), `5.2-11.1`, `>=6.0` or `<=10.0`.
    pub fn parse(text: &str) -> Option<VersionRange> {
        let pair = |text: &str| Version::parse(text.trim()).map(|v| (v.major, v.minor));
        let text = text.trim();
        if text == "*" {
            return Some(VersionRange::ALL);
        }
        if let Some(rest) = text.strip_prefix(">=") {
            return Some(VersionRange { first: Some(pair(rest)?), last: None });
        }
        if let Some(rest) = text.strip_prefix("<=") {
            return Some(VersionRange { first: None, last: Some(pair(rest)?) });
        }
        if let Some((first, last)) = text.split_once('-') {
            return Some(VersionRange { first: Some(pair(first)?), last: Some(pair(last)?) });
        }
        pair(text).map(|only| VersionRange { first: Some(only), last: Some(only) })
    }

    /// Whether `version` lies in the range. A peer of unknown version lies only in [`VersionRange::ALL`].
    pub fn contains(self, version: Option<Version>) -> bool {
        let Some(version) = version else { return self == VersionRange::ALL };
        let at = (version.major, version.minor);
        self.first.is_none_or(|first| first <= at) && self.last.is_none_or(|last| at <= last)
    }
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (None, None) => f.write_str("all versions"),
            (Some((a, b)), None) => write!(f, "since {a}.{b}"),
            (None, Some((a, b))) => write!(f, "up to {a}.{b}"),
            (Some(a), Some(b)) if a == b => write!(f, "{}.{}", a.0, a.1),
            (Some((a, b)), Some((c, d))) => write!(f, "{a}.{b} to {c}.{d}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_up_to_its_first_other_character() {
        let version = |major, minor, micro| Some(Version { major, minor, micro });
        assert_eq!(Version::parse("7.2.22 (Debian 1:7.2+dfsg-7)"), version(7, 2, 22));
        assert_eq!(Version::parse("11.1"), version(11, 1, 0));
        assert_eq!(Version::parse("9.0.0-rc1"), version(9, 0, 0));
    }

    #[test]
    fn what_has_no_two_numbers_is_no_version() {
        for text in ["", "7", "7.", ".2", "v7.2", "99999999999.1"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_range_has_both_its_ends_and_no_regard_for_the_micro_version() {
        let range = VersionRange::parse("5.2-10.0").unwrap();
        for inside in ["5.2", "7.2.22", "10.0.13"] {
            assert!(range.contains(Version::parse(inside)), "{inside}");
        }
        for outside in ["5.1.99", "10.1", "11.0"] {
            assert!(!range.contains(Version::parse(outside)), "{outside}");
        }
    }

    #[test]
    fn each_form_of_a_range_reads_as_what_it_says() {
        let forms = [
            ("*", "all versions"),
            ("7.2", "7.2"),
            (">= 6.0", "since 6.0"),
            ("<=10.0", "up to 10.0"),
            ("5.2-11.1", "5.2 to 11.1"),
        ];
        for (text, words) in forms {
            assert_eq!(VersionRange::parse(text).unwrap().to_string(), words);
        }
        assert_eq!(VersionRange::parse("soon"), None);
        assert_eq!(VersionRange::parse("7.2-soon"), None);
    }

    #[test]
    fn a_peer_of_unknown_version_lies_in_no_range_but_all() {
        assert!(VersionRange::ALL.contains(None));
        assert!(!VersionRange::since(1, 0).contains(None));
        assert!(!VersionRange::until(99, 0).contains(None));
    }

    #[test]
    fn versions_are_ordered_by_number_and_not_by_text() {
        assert!(Version::new(10, 0) > Version::new(9, 2));
    }
}
