//! What an agent of ours shows only where it is set up for it: with commands blocked or allowed by its user, as one that
//! froze file systems before, with a file to open. Scenarios that come with the tool, played when the cases are through.

use crate::error::Error;
use crate::event::{Event, Finding};
use crate::options::Options;
use crate::scenarios::{self, Entry, Told};
use qmprobe_scenario::{Known, parse};
use qmprobe_target::PeerSpec;
use std::fs;
use std::path::Path;
use tokio::sync::watch;

/// Times that one which fails is played in all.
const TRIES: u32 = 3;

macro_rules! here {
    ($name:literal) => {
        ($name, include_str!(concat!("../../../scenarios/qga/", $name)))
    };
}

/// What is set, and what shows that an agent heeds it at all: one that is not QEMU's may take the options of qemu-ga
/// and pass over some.
struct Setting {
    scenario: &'static (&'static str, &'static str),
    heeded: &'static (&'static str, &'static str),
}

/// The settings that are tried.
const SETTINGS: &[Setting] = &[
    Setting { scenario: &here!("envelope/a-blocked-command-is-not-found.qmp"), heeded: BLOCKED },
    Setting { scenario: &here!("envelope/only-allowed-commands-run.qmp"), heeded: ALLOWED },
    Setting { scenario: &here!("freeze/a-frozen-agent-runs-only-what-needs-no-disk.qmp"), heeded: FROZEN },
    Setting { scenario: &here!("files/a-file-is-opened-read-and-closed.qmp"), heeded: OPENED },
    Setting { scenario: &here!("files/whence-is-a-word-or-a-number.qmp"), heeded: OPENED },
    Setting { scenario: &here!("files/whence-is-one-of-its-words.qmp"), heeded: OPENED },
];
const BLOCKED: &(&str, &str) = &here!("envelope/guest-info-tells-what-is-blocked.qmp");
const ALLOWED: &(&str, &str) = &here!("envelope/guest-info-tells-what-is-allowed.qmp");
const FROZEN: &(&str, &str) = &here!("freeze/the-file-of-a-freeze-is-found.qmp");
const OPENED: &(&str, &str) = &here!("files/a-file-is-opened-and-closed.qmp");

/// Whether a run is about this: an agent of ours that its user has set nothing of, in all that it is to be held to.
pub(crate) fn concern(options: &Options) -> bool {
    let plain = matches!(&options.peer, PeerSpec::GuestAgent { extra, .. } if extra.is_empty());
    plain && options.peer.sees_clients() && options.rules.is_empty() && options.max_cases.is_none()
}

/// What comes of it, and how many peers that took; of a `foreign` agent as far as it heeds what is set. A scenario that
/// does not hold is kept among the findings, to be replayed.
///
/// # Errors
/// The agent cannot be started any more, or a scenario cannot be kept.
pub(crate) async fn findings(
    options: &Options,
    foreign: bool,
    stop: watch::Receiver<bool>,
) -> Result<(Vec<Finding>, u64), Error> {
    let mut play = scenarios::Options {
        peer: options.peer.clone(),
        schema: options.schema.clone(),
        allow: options.allow,
        waivers: options.waivers.clone(),
        strict: options.strict,
        tries: TRIES,
        limits: options.limits.clone(),
        entries: Vec::new(),
    };
    let settings: Vec<_> = match foreign {
        true => heeded(&mut play, &options.out, stop.clone()).await?,
        false => SETTINGS.iter().collect(),
    };
    play.entries = settings.iter().filter_map(|setting| entry(setting.scenario, &options.out)).collect();
    let (mut found, mut starts) = (Vec::new(), 0);
    let mut sink = |event: &Event| match event {
        Event::FindingMade(finding) => found.push((**finding).clone()),
        Event::RunFinished(summary) => starts = summary.peer_starts,
        _ => {}
    };
    scenarios::run(&play, stop, &mut sink).await?;
    for (entry, Setting { scenario: (_, text), .. }) in play.entries.iter().zip(settings) {
        if found.iter().any(|finding| finding.file.as_ref() == Some(&entry.name)) {
            let path = Path::new(&entry.name);
            let write = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
            write.map_err(|source| Error::Write { path: path.to_owned(), source })?;
        }
    }
    Ok((found, starts))
}

/// The settings that an agent heeds.
async fn heeded(
    play: &mut scenarios::Options,
    out: &Path,
    stop: watch::Receiver<bool>,
) -> Result<Vec<&'static Setting>, Error> {
    let mut shows: Vec<_> = SETTINGS.iter().map(|setting| setting.heeded).collect();
    shows.dedup();
    play.entries = shows.iter().filter_map(|scenario| entry(scenario, out)).collect();
    let told = scenarios::run(play, stop, &mut |_| ()).await?;
    let held = |(name, _): &(&str, &str)| {
        told.iter().any(|one| {
            one.told == Told::Held && Path::new(&one.name).file_name() == Path::new(name).file_name()
        })
    };
    Ok(SETTINGS.iter().filter(|setting| held(setting.heeded)).collect())
}

/// A scenario by the path under which it is kept where it does not hold.
fn entry((name, text): &(&str, &str), out: &Path) -> Option<Entry> {
    let scenario = parse(text, name, Known { rules: &[] }).ok()?;
    let path = out.join("findings").join(scenario.header.rules.first()?).join(Path::new(name).file_name()?);
    Some(Entry { name: path.display().to_string(), scenario })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_comes_along_is_one() {
        for setting in SETTINGS {
            assert!(entry(setting.scenario, Path::new("out")).is_some(), "{}", setting.scenario.0);
            assert!(entry(setting.heeded, Path::new("out")).is_some(), "{}", setting.heeded.0);
        }
    }
}
