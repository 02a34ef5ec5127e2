//! Streams to a peer that somebody runs: its address is in `QMPROBE_LIVE` (`unix:PATH`, `tcp:HOST:PORT`), and a
//! finding that no waiver covers is a failure. Without an address there is nothing to do. Only commands that look
//! are sent, as `qmprobe check --connect` does; the bytes choose which streams.

use crate::Held;
use qmprobe_engine::Event;
use qmprobe_engine::campaign::{self, Options};
use qmprobe_engine::safety::Class;
use qmprobe_generate::stream;
use qmprobe_target::{Address, PeerSpec};
use qmprobe_wire::{Dialect, Limits};
use std::env;
use std::path::Path;
use tempfile::TempDir;
use tokio::sync::watch;

/// The peer's address.
pub const ADDRESS: &str = "QMPROBE_LIVE";
/// Its protocol: `qmp`, which need not be said, or `qga`.
pub const PROTOCOL: &str = "QMPROBE_LIVE_PROTOCOL";
/// Streams of one input.
const CASES: u64 = 50;

/// The target.
///
/// # Errors
/// There is a finding, or no peer where there should be one.
pub fn body(data: &[u8]) -> Held {
    let Ok(address) = env::var(ADDRESS) else { return Ok(()) };
    let dialect = match env::var(PROTOCOL).as_deref() {
        Ok("qga") => Dialect::Qga,
        Ok("qmp") | Err(_) => Dialect::Qmp,
        Ok(other) => return Err(format!("{PROTOCOL} is qmp or qga, not {other}")),
    };
    let address: Address = address.parse().map_err(|error| format!("{ADDRESS}: {error}"))?;
    let out = TempDir::new().map_err(|error| error.to_string())?;
    attack(options(PeerSpec::Connect { address, dialect }, seed(data), out.path()))
}

/// All of the bytes matter.
fn seed(data: &[u8]) -> u64 {
    let hash = *blake3::hash(data).as_bytes();
    hash.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

fn options(peer: PeerSpec, seed: u64, out: &Path) -> Options {
    Options {
        peer,
        peer_name: None,
        schema: None,
        allow: Class::Observing,
        rules: vec![stream::AIM.to_owned()],
        seed,
        time: None,
        out: out.to_owned(),
        waivers: Vec::new(),
        strict: false,
        limits: Limits::default(),
        max_cases: Some(CASES),
    }
}

fn attack(options: Options) -> Held {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let (_go_on, stop) = watch::channel(false);
    let mut found = Vec::new();
    let mut sink = |event: &Event| match event {
        Event::FindingMade(finding) if finding.waived.is_none() => {
            found.push(format!(
                "{} ({}): {}\n{}",
                finding.rule, finding.class, finding.actual, finding.by_hand
            ));
        }
        _ => {}
    };
    let ran = runtime.block_on(campaign::run(options, stop, &mut sink));
    ran.map_err(|error| error.to_string())?;
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schemas;
    use qmprobe_reference::{Bug, Config, Server, find_bug};
    use qmprobe_target::Embedded;
    use qmprobe_wire::Version;
    use std::sync::Arc;

    fn reference(bugs: Vec<&'static Bug>) -> Held {
        let (schema, dialect) = (Arc::clone(schemas::recorded(Dialect::Qga).unwrap()), Dialect::Qga);
        let server = Server::new(Config { schema, dialect, bugs, version: Version::new(7, 2), seed: 0 });
        let peer = Embedded {
            name: "reference".to_owned(),
            dialect,
            dial: Arc::new(move || server.dial()),
            weigh: None,
            anew: None,
        };
        let out = tempfile::tempdir().unwrap();
        attack(options(PeerSpec::Embedded(peer), seed(b""), out.path()))
    }

    #[test]
    fn a_finding_is_a_failure_and_a_conforming_peer_none() {
        assert_eq!(reference(Vec::new()), Ok(()));
        let found = reference(vec![find_bug("json-error-not-found").unwrap()]);
        assert!(found.unwrap_err().starts_with("stream-predicted"));
    }

    #[test]
    fn other_bytes_choose_other_streams() {
        assert_ne!(seed(b"a"), seed(b"b"));
        assert_ne!(seed(b"the same first eight"), seed(b"the same first nine!"));
    }
}
