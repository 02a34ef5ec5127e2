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

/// What comes of it. A scenario that does not hold is kept among the findings, to be replayed.
///
/// # Errors
/// The agent cannot be started any more, or a scenario cannot be kept.
pub(crate) async fn findings(options: &Options, stop: watch::Receiver<bool>) -> Result<Vec<Finding>, Error> {
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
    let mut found = Vec::new();
    let mut sink = |event: &Event| {
        if let Event::FindingMade(finding) = event {
            found.push((**finding).clone());
        }
    };
    scenarios::run(&play, stop, &mut sink).await?;
    for (entry, (_, text)) in play.entries.iter().zip(SCENARIOS) {
        if found.iter().any(|finding| finding.file.as_ref() == Some(&entry.name)) {
            let path = Path::new(&entry.name);
            let write = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
            write.map_err(|source| Error::Write { path: path.to_owned(), source })?;
        }
    }
    Ok(found)
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
    use crate::safety::Class;
    use qmprobe_target::Channel;
    use qmprobe_wire::Limits;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    #[test]
    fn every_scenario_that_comes_along_is_one() {
        assert_eq!(entries(Path::new("out")).len(), SCENARIOS.len());
    }

    /// The agent that is installed; `None`, said aloud, where there is none.
    #[allow(clippy::print_stderr, reason = "a test that did not run says so")]
    fn installed() -> Option<PathBuf> {
        let places = ["/usr/sbin/qemu-ga", "/usr/bin/qemu-ga", "/usr/local/bin/qemu-ga"];
        let found = places.map(PathBuf::from).into_iter().find(|path| path.is_file());
        if found.is_none() {
            assert_ne!(std::env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no qemu-ga");
            eprintln!("not run: there is no qemu-ga");
        }
        found
    }

    fn files_of(binary: PathBuf, out: &Path) -> Vec<String> {
        let options = Options {
            peer: PeerSpec::GuestAgent { binary, extra: Vec::new(), channel: Channel::UnixListen },
            peer_name: None,
            schema: None,
            allow: Class::Destroying,
            rules: Vec::new(),
            seed: 0,
            time: None,
            out: out.to_owned(),
            waivers: Vec::new(),
            strict: false,
            limits: Limits::default(),
            max_cases: None,
        };
        assert!(concern(&options));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (_go_on, stop) = watch::channel(false);
        let found = runtime.block_on(findings(&options, stop)).unwrap();
        found
            .into_iter()
            .filter(|finding| finding.waived.is_none())
            .filter_map(|finding| finding.file)
            .collect()
    }

    #[test]
    fn an_agent_that_takes_no_notice_of_its_settings_is_found_and_the_real_one_is_not() {
        let Some(real) = installed() else { return };
        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("out");
        assert_eq!(files_of(real.clone(), &out), Vec::<String>::new());

        let heedless = place.path().join("qemu-ga-heedless");
        let script = format!(
            "#!/bin/sh\nleft=$#\nwhile [ $left -gt 0 ]; do\n  if [ \"$1\" = -b ]; then shift; left=$((left - 1))\n  \
             else set -- \"$@\" \"$1\"; fi\n  shift; left=$((left - 1))\ndone\nrm -f qga.state.isfrozen\n\
             exec {} \"$@\"\n",
            real.display()
        );
        fs::write(&heedless, script).unwrap();
        fs::set_permissions(&heedless, fs::Permissions::from_mode(0o755)).unwrap();
        let mut found = files_of(heedless, &out);
        found.sort();
        let kept = |name: &str| out.join("findings/command-not-found").join(name);
        let due = ["a-blocked-command-is-not-found.qmp", "a-frozen-agent-runs-only-what-needs-no-disk.qmp"];
        assert_eq!(found, due.map(|name| kept(name).display().to_string()));
        assert!(due.iter().all(|name| kept(name).is_file()));
    }
}
