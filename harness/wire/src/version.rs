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
