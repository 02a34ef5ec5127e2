//! A whole campaign against a peer that does what bytes say: answers, lies, floods, drips, stalls, hangs up. It
//! always ends, soon, without trouble of our own, and the journal holds what was told.

use crate::{Held, schemas};
use qmprobe_engine::campaign::{self, Options};
use qmprobe_engine::journal::{FILE, read_journal};
use qmprobe_engine::safety::Class;
use qmprobe_engine::{Event, Summary};
use qmprobe_reference::{Config, Peer};
use qmprobe_schema::{Schema, from_own};
use qmprobe_target::{Embedded, PeerSpec};
use qmprobe_wire::{Dialect, Limits, Version};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::watch;

/// Cases of one campaign.
const CASES: u64 = 4;
/// Seconds within which it ends, on a busy machine: each case has its limit, and findings are tried again.
const SECONDS_MAX: u64 = 30;
/// Bytes of one message, and of one case.
const BYTES_MAX: usize = 1 << 18;
/// Bytes that a finding may carry: evidence of one case, and the case.
const FINDING_BYTES_MAX: usize = 8 * BYTES_MAX;
/// Milliseconds that the peer waits for something to be sent or read.
const PEER_WAIT_MS: u64 = 20;
/// Connections' worth of deeds that one connection may do: bounds a peer that nobody stops.
const DEEDS_MAX: usize = 64;

/// A monitor of a few commands: deciding what to send one with hundreds takes longer than sending it.
const MONITOR: &str = r#"{"format":1,"commands":{
"qmp_capabilities":{"arguments":"Enable","oob":true},
"query-version":{"returns":"Version"},
"stop":{},
"device_del":{"arguments":"Device"}},
"events":{"STOP":{}},
"types":{
"Capability":{"enum":["oob"]},
"Enable":{"object":{"enable?":"[Capability]"}},
"Device":{"object":{"id":"str"}},
"Triple":{"object":{"major":"int","minor":"int","micro":"int"}},
"Version":{"object":{"qemu":"Triple","package":"str"}}}}"#;

/// The target.
///
/// # Errors
/// The campaign does not end in time or in good order.
pub fn body(data: &[u8]) -> Held {
    let Some((choice, script)) = data.split_first() else { return Ok(()) };
    let dialect = if choice & 1 == 0 { Dialect::Qmp } else { Dialect::Qga };
    let schema = match dialect {
        Dialect::Qmp => Arc::clone(monitor()?),
        Dialect::Qga => Arc::clone(schemas::recorded(dialect)?),
    };
    let config = Config {
        schema: Arc::clone(&schema),
        dialect,
        bugs: Vec::new(),
        version: Version::new(7, 2),
        seed: 0,
    };
    let out = TempDir::new().map_err(|error| error.to_string())?;
    let options = options(hostile(config, script), schema, u64::from(*choice), out.path());
    let began = Instant::now();
    let mut told = Vec::new();
    let summary = attack(options, &mut told)?;
    if began.elapsed() > Duration::from_secs(SECONDS_MAX) {
        return Err(format!("it took {:?}", began.elapsed()));
    }
    in_order(&told, &summary)?;
    kept(out.path(), &told)
}

fn monitor() -> Result<&'static Arc<Schema>, String> {
    static SCHEMA: OnceLock<Result<Arc<Schema>, String>> = OnceLock::new();
    let loaded =
        SCHEMA.get_or_init(|| from_own(MONITOR, "monitor").map(Arc::new).map_err(|error| error.to_string()));
    loaded.as_ref().map_err(Clone::clone)
}

fn options(peer: PeerSpec, schema: Arc<Schema>, seed: u64, out: &Path) -> Options {
    let limits = Limits {
        greeting_ms_max: 60,
        step_ms_max: 40,
        case_ms_max: 200,
        message_bytes_max: BYTES_MAX,
        case_bytes_max: BYTES_MAX,
        case_messages_max: 2_000,
        ..Limits::default()
    };
    Options {
        peer,
        peer_name: None,
        schema: Some(schema),
        allow: Class::Destroying,
        rules: Vec::new(),
        seed,
        time: None,
        out: out.to_owned(),
        waivers: Vec::new(),
        strict: true,
        limits,
        max_cases: Some(CASES),
    }
}

/// Runs the campaign to its end.
fn attack(options: Options, told: &mut Vec<Event>) -> Result<Summary, String> {
    let trouble = |error: &dyn std::error::Error| format!("trouble of our own: {error}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| trouble(&error))?;
    let (_go_on, stop) = watch::channel(false);
    let ran = runtime.block_on(campaign::run(options, stop, &mut |event| told.push(event.clone())));
    ran.map_err(|error| trouble(&error))
}

/// Begins with the beginning, ends with the end, and no finding is larger than may be.
fn in_order(told: &[Event], summary: &Summary) -> Held {
    let whole =
        matches!((told.first(), told.last()), (Some(Event::RunStarted { .. }), Some(Event::RunFinished(_))));
    if !whole || summary.judged > CASES {
        return Err(format!("{} cases in {} events", summary.judged, told.len()));
    }
    let large = told.iter().find_map(|event| match event {
        Event::FindingMade(finding) => {
            let bytes =
                finding.evidence.iter().map(|line| line.bytes.len()).sum::<usize>() + finding.case.bytes();
            (bytes > FINDING_BYTES_MAX).then(|| format!("a finding of {} has {bytes} bytes", finding.rule))
        }
        _ => None,
    });
    large.map_or(Ok(()), Err)
}

fn kept(out: &Path, told: &[Event]) -> Held {
    let kept = read_journal(&out.join(FILE)).map_err(|error| format!("the journal: {error}"))?;
    if kept.events.len() == told.len() && !kept.torn && kept.unfinished.is_empty() {
        return Ok(());
    }
    Err(format!("{} events were told, {} are in the journal", told.len(), kept.events.len()))
}

/// A peer that does what the script says, over all of its connections.
fn hostile(config: Config, script: &[u8]) -> PeerSpec {
    let script: Arc<[u8]> = script.into();
    let at = Arc::new(AtomicUsize::new(0));
    let dialect = config.dialect;
    let dial = move || {
        let (ours, theirs) = UnixStream::pair()?;
        let wait = Some(Duration::from_millis(PEER_WAIT_MS));
        theirs.set_read_timeout(wait)?;
        theirs.set_write_timeout(wait)?;
        let mut villain = Villain {
            stream: theirs,
            proper: Peer::new(config.clone()),
            script: Arc::clone(&script),
            at: Arc::clone(&at),
        };
        // What ends it is that nobody talks to it any more.
        thread::Builder::new().name("hostile".to_owned()).spawn(move || villain.act())?;
        Ok(ours)
    };
    PeerSpec::Embedded(Embedded {
        name: "hostile".to_owned(),
        dialect,
        dial: Arc::new(dial),
        weigh: None,
        anew: None,
    })
}

/// The peer's end of one connection.
struct Villain {
    stream: UnixStream,
    proper: Peer,
    script: Arc<[u8]>,
    /// Where in the script; each connection goes on where another stopped.
    at: Arc<AtomicUsize>,
}

impl Villain {
    /// Does one deed after another until the script is over; then it is a proper peer.
    fn act(&mut self) -> io::Result<()> {
        if self.script.first().is_none_or(|first| *first < 224) {
            let mut greeting = Vec::new();
            self.proper.open(&mut greeting);
            self.stream.write_all(&greeting)?;
        }
        for _ in 0..DEEDS_MAX {
            let Some(deed) = self.next() else { break };
            if !self.deed(deed)? {
                return Ok(());
            }
        }
        while self.answer(|_| {})? {}
        Ok(())
    }

    fn next(&self) -> Option<u8> {
        self.script.get(self.at.fetch_add(1, Ordering::Relaxed)).copied()
    }

    /// One deed. False when it was the last.
    fn deed(&mut self, deed: u8) -> io::Result<bool> {
        let (place, byte) = (usize::from(deed), self.next().unwrap_or_default());
        match deed % 16 {
            0..=4 => return self.answer(|_| {}),
            5 => {
                return self.answer(|answer| {
                    if let Some(there) = answer.get_mut(place) {
                        *there = byte;
                    }
                });
            }
            6 => return self.answer(|answer| answer.truncate(place)),
            7 => return self.answer(|answer| answer.extend_from_within(..)),
            8 => return self.answer(Vec::clear),
            9 => {
                let from = self.at.fetch_add(usize::from(byte), Ordering::Relaxed).min(self.script.len());
                let raw = &self.script[from..(from + usize::from(byte)).min(self.script.len())];
                self.stream.write_all(raw)?;
            }
            10 => self.stream.write_all(&[byte].repeat(place << 10))?,
            11 => {
                let event =
                    b"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 1}, \"event\": \"STOP\"}\r\n";
                self.stream.write_all(&event.repeat(usize::from(byte) * 16))?;
            }
            12 => self.stream.write_all(b"{\"return\": {}}\r\n")?,
            13 => thread::sleep(Duration::from_millis(u64::from(byte % 64))),
            14 => {
                self.stream.write_all(&[b"{\"return\": ", [b'['].repeat(place << 4).as_slice()].concat())?
            }
            _ => return Ok(byte > 127),
        }
        Ok(true)
    }

    /// Answers what was sent meanwhile, after `bends` had its way with it. False when the client is gone.
    fn answer(&mut self, bends: impl FnOnce(&mut Vec<u8>)) -> io::Result<bool> {
        let mut chunk = [0; 4096];
        let count = match self.stream.read(&mut chunk) {
            Ok(0) => return Ok(false),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => return Err(error),
        };
        self.proper.take(&chunk[..count]);
        let mut answer = Vec::new();
        while self.proper.answer(&mut answer) {}
        bends(&mut answer);
        self.stream.write_all(&answer)?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_is_missing_or_a_finding_that_is_too_large_is_noticed() {
        let noted = [Event::Noted { text: "alone".to_owned() }];
        assert!(in_order(&noted, &Summary::default()).is_err());
        let out = tempfile::tempdir().unwrap();
        assert!(kept(out.path(), &[]).is_err(), "there is no journal");
        std::fs::write(out.path().join(FILE), "{\"event\":\"noted\",\"text\":\"a\"}\n").unwrap();
        assert!(kept(out.path(), &noted).is_ok());
        assert!(kept(out.path(), &[]).is_err());
    }

    #[test]
    fn a_script_bends_what_the_peer_says() {
        let dialect = Dialect::Qmp;
        let schema = Arc::clone(monitor().unwrap());
        let config = Config { schema, dialect, bugs: Vec::new(), version: Version::new(7, 2), seed: 0 };
        let says = |script: &[u8]| {
            let PeerSpec::Embedded(peer) = hostile(config.clone(), script) else { panic!("it is embedded") };
            let mut stream = (peer.dial)().unwrap();
            // One that hangs up may do so before this.
            let _ = stream.write_all(b"{\"execute\":\"qmp_capabilities\"}\n");
            let _ = stream.shutdown(std::net::Shutdown::Write);
            let mut said = Vec::new();
            // One that hangs up leaves something unread, which resets the connection.
            let _ = stream.read_to_end(&mut said);
            String::from_utf8_lossy(&said).into_owned()
        };
        let proper = says(b"");
        assert!(proper.starts_with("{\"QMP\": ") && proper.ends_with("{\"return\": {}}\r\n"), "{proper}");
        assert_eq!(says(&[224, 0]), "{\"return\": {}}\r\n", "no greeting");
        assert!(says(&[9, 2, b'h', b'i']).contains("}\r\nhi"));
        assert!(!says(&[8, 0]).contains("return"));
        assert!(!says(&[15, 0]).contains("return"), "it hangs up");
    }
}
