//! What an agent of ours shows only where it is set up for it: with commands blocked or allowed by its user, as one that
//! froze file systems before, with a file to open. Scenarios that come with the tool, played when the cases are through.

use crate::error::Error;
use crate::event::{Event, Finding};
use crate::options::Options;
use crate::scenarios::{self, Entry};
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

/// Their names and texts.
const SCENARIOS: &[(&str, &str)] = &[
    here!("envelope/a-blocked-command-is-not-found.qmp"),
    here!("envelope/only-allowed-commands-run.qmp"),
    here!("freeze/a-frozen-agent-runs-only-what-needs-no-disk.qmp"),
    here!("files/a-file-is-opened-read-and-closed.qmp"),
    here!("files/whence-is-a-word-or-a-number.qmp"),
    here!("files/whence-is-one-of-its-words.qmp"),
];

/// Whether a run is about this: an agent of ours that its user has set nothing of, in all that it is to be held to.
pub(crate) fn concern(options: &Options) -> bool {
    let plain = matches!(&options.peer, PeerSpec::GuestAgent { extra, .. } if extra.is_empty());
    plain && options.peer.sees_clients() && options.rules.is_empty() && options.max_cases.is_none()
}

/// What comes of it, and how many peers that took. A scenario that does not hold is kept among the findings, to be
/// replayed.
///
/// # Errors
/// The agent cannot be started any more, or a scenario cannot be kept.
pub(crate) async fn findings(
    options: &Options,
    stop: watch::Receiver<bool>,
) -> Result<(Vec<Finding>, u64), Error> {
    let play = scenarios::Options {
        peer: options.peer.clone(),
        schema: options.schema.clone(),
        allow: options.allow,
        waivers: options.waivers.clone(),
        strict: options.strict,
        tries: TRIES,
        limits: options.limits.clone(),
        entries: entries(&options.out),
    };
    let (mut found, mut starts) = (Vec::new(), 0);
    let mut sink = |event: &Event| match event {
        Event::FindingMade(finding) => found.push((**finding).clone()),
        Event::RunFinished(summary) => starts = summary.peer_starts,
        _ => {}
    };
    scenarios::run(&play, stop, &mut sink).await?;
    for (entry, (_, text)) in play.entries.iter().zip(SCENARIOS) {
        if found.iter().any(|finding| finding.file.as_ref() == Some(&entry.name)) {
            let path = Path::new(&entry.name);
            let write = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
            write.map_err(|source| Error::Write { path: path.to_owned(), source })?;
        }
    }
    Ok((found, starts))
}

/// The scenarios, each by the path under which it is kept where it does not hold.
fn entries(out: &Path) -> Vec<Entry> {
    let read = |(name, text): &(&str, &str)| {
        let scenario = parse(text, name, Known { rules: &[] }).ok()?;
        let path =
            out.join("findings").join(scenario.header.rules.first()?).join(Path::new(name).file_name()?);
        Some(Entry { name: path.display().to_string(), scenario })
    };
    SCENARIOS.iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_that_comes_along_is_one() {
        assert_eq!(entries(Path::new("out")).len(), SCENARIOS.len());
    }
}
