//! Waivers: known defects, each with a reason. A waived finding is reported and fails no run; a waiver that
//! covers nothing is reported too.

use crate::clock;
use crate::event::Finding;
use crate::glob;
use memchr::memmem;
use qmprobe_wire::{Step, VersionRange};
use serde::Deserialize;
use thiserror::Error;
use toml::Spanned;

/// A known defect: which findings it covers, and why they are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// Slug of the rule.
    pub rule: String,
    /// Glob for the command. A finding about no command has the empty name.
    pub command: String,
    /// Glob for the kind of peer: `qemu`, `storage-daemon`, `guest-agent`, `other`, `reference`.
    pub peer: String,
    /// Glob for the file name of the program that was started.
    pub program: String,
    /// The peer's versions.
    pub versions: VersionRange,
    /// Glob for the class of the breach.
    pub class: String,
    /// Text that stands in the actual outcome or in the peer's standard error; empty for any.
    pub contains: String,
    /// Text that stands in the bytes that the case sends; empty for any.
    pub sent: String,
    /// Why the finding is accepted.
    pub reason: String,
    /// Where and when the defect was seen.
    pub seen: Option<String>,
    /// Where it is reported.
    pub link: Option<String>,
    /// The last day on which the waiver holds, as `YYYY-MM-DD`.
    pub expires: Option<String>,
}

/// Text that holds no waivers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}: {message}")]
pub struct BadWaivers {
    /// The file.
    pub file: String,
    /// What is wrong and on which line.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    waiver: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    rule: Spanned<String>,
    #[serde(default = "any")]
    command: String,
    #[serde(default = "any")]
    peer: String,
    #[serde(default = "any")]
    program: String,
    #[serde(default)]
    versions: Option<Spanned<String>>,
    #[serde(default = "any")]
    class: String,
    #[serde(default)]
    contains: String,
    #[serde(default)]
    sent: String,
    reason: Spanned<String>,
    #[serde(default)]
    seen: Option<String>,
    #[serde(default)]
    link: Option<String>,
    #[serde(default)]
    expires: Option<Spanned<String>>,
}

fn any() -> String {
    "*".to_owned()
}

/// Reads waivers: TOML, one `[[waiver]]` table each. `file` is for error messages.
///
/// # Errors
/// It is no TOML, a key is unknown or missing, or a rule, version range or date is none. The message names
/// the line.
pub fn parse(text: &str, file: &str) -> Result<Vec<Waiver>, BadWaivers> {
    let bad = |message: String| BadWaivers { file: file.to_owned(), message };
    let document: Document =
        toml::from_str(text).map_err(|error| bad(error.to_string().trim_end().to_owned()))?;
    let waivers = document.waiver.into_iter().map(Entry::check);
    waivers.collect::<Result<_, _>>().map_err(|(offset, what)| {
        let before = text.as_bytes().iter().take(offset);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        bad(format!("line {line}: {what}"))
    })
}

/// The waivers for known defects of released peers, each reproduced by hand.
///
/// # Errors
/// The file built in is broken; a test says that it is not.
pub fn built_in() -> Result<Vec<Waiver>, BadWaivers> {
    parse(include_str!("waivers.toml"), "built-in waivers")
}

impl Entry {
    /// The waiver, or the offset and the words of what is wrong with it.
    fn check(self) -> Result<Waiver, (usize, String)> {
        let Some(rule) = qmprobe_check::find(self.rule.as_ref()) else {
            let hint = "`qmprobe rules` lists them";
            return Err((
                self.rule.span().start,
                format!("there is no rule `{}`: {hint}", self.rule.as_ref()),
            ));
        };
        if self.reason.as_ref().trim().is_empty() {
            return Err((self.reason.span().start, "a waiver must say its reason".to_owned()));
        }
        let versions = match &self.versions {
            None => VersionRange::ALL,
            Some(text) => VersionRange::parse(text.as_ref()).ok_or_else(|| {
                let hint = "write `7.2`, `5.2-11.1`, `>=6.0` or `<=10.0`";
                (text.span().start, format!("`{}` is no range of versions: {hint}", text.as_ref()))
            })?,
        };
        if let Some(date) = self.expires.as_ref().filter(|date| !is_date(date.as_ref())) {
            return Err((date.span().start, format!("`{}` is no date: write YYYY-MM-DD", date.as_ref())));
        }
        Ok(Waiver {
            rule: rule.slug.to_owned(),
            command: self.command,
            peer: self.peer,
            program: self.program,
            versions,
            class: self.class,
            contains: self.contains,
            sent: self.sent,
            reason: self.reason.into_inner(),
            seen: self.seen,
            link: self.link,
            expires: self.expires.map(Spanned::into_inner),
        })
    }
}

/// The file name of the program that a command line starts.
fn program_of(command_line: &str) -> &str {
    let program = command_line.split_ascii_whitespace().next().unwrap_or_default();
    program.rsplit('/').next().unwrap_or(program)
}

fn is_date(text: &str) -> bool {
    let shape: Vec<usize> = text.split('-').map(str::len).collect();
    let digits = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    let within = |part: Option<&str>, last: u32| {
        part.and_then(|part| part.parse().ok()).is_some_and(|number: u32| (1..=last).contains(&number))
    };
    shape == [4, 2, 2] && digits && within(text.get(5..7), 12) && within(text.get(8..10), 31)
}

impl Waiver {
    /// Whether it covers the finding, expired or not.
    pub fn covers(&self, finding: &Finding) -> bool {
        let contained = || {
            let places = [&finding.actual, &finding.stderr_tail];
            places.iter().any(|place| place.contains(&self.contains))
        };
        self.rule == finding.rule
            && glob::matches(&self.command, finding.command.as_deref().unwrap_or_default())
            && glob::matches(&self.peer, &finding.peer.kind)
            && glob::matches(&self.program, program_of(&finding.peer.command_line))
            && self.versions.contains(finding.peer.version)
            && glob::matches(&self.class, &finding.class)
            && contained()
            && (self.sent.is_empty() || finding.case.steps.iter().any(|step| self.is_sent_in(step)))
    }

    fn is_sent_in(&self, step: &Step) -> bool {
        let (Step::Send(bytes) | Step::Push(bytes)) = step else { return false };
        memmem::find(bytes, self.sent.as_bytes()).is_some()
    }

    /// Whether it no longer holds on the day `today` (`YYYY-MM-DD`).
    pub fn expired(&self, today: &str) -> bool {
        self.expires.as_deref().is_some_and(|last| last < today)
    }

    /// The waiver in a few words.
    pub fn describe(&self) -> String {
        format!("{} of {} ({})", self.rule, self.command, self.reason)
    }
}

/// The waivers of a run, and which of the user's have covered something.
#[derive(Debug)]
pub(crate) struct Waivers {
    users: Vec<(Waiver, bool)>,
    built_in: Vec<Waiver>,
    today: String,
}

impl Waivers {
    /// `strict` leaves out those that are built in.
    ///
    /// # Errors
    /// As [`built_in`].
    pub fn new(users: Vec<Waiver>, strict: bool, seconds_since_epoch: u64) -> Result<Waivers, BadWaivers> {
        let built_in = if strict { Vec::new() } else { self::built_in()? };
        let users = users.into_iter().map(|waiver| (waiver, false)).collect();
        Ok(Waivers { users, built_in, today: clock::date(seconds_since_epoch) })
    }

    /// The reason why the finding is accepted, if a waiver covers it.
    pub fn reason(&mut self, finding: &Finding) -> Option<String> {
        let today = &self.today;
        let users =
            self.users.iter_mut().find(|(waiver, _)| waiver.covers(finding) && !waiver.expired(today));
        if let Some((waiver, used)) = users {
            *used = true;
            return Some(waiver.reason.clone());
        }
        let known = self.built_in.iter().find(|waiver| waiver.covers(finding) && !waiver.expired(today));
        known.map(|waiver| waiver.reason.clone())
    }

    /// The user's waivers that covered nothing, in words, and why.
    pub fn idle(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.users.iter().filter(|(_, used)| !used).map(|(waiver, _)| {
            let why = match &waiver.expires {
                Some(last) if waiver.expired(&self.today) => format!("it expired on {last}"),
                _ => "it covered nothing".to_owned(),
            };
            (waiver.describe(), why)
        })
    }
}
