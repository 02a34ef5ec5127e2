//! Peers made of a few lines: a small monitor and a small agent whose every answer a test may bend, and peers
//! that do nothing but what a test says. Each connection is served by a thread of its own.
#![allow(dead_code, clippy::expect_used, reason = "no test uses all of it; a broken script is a broken test")]

use qmprobe_target::{Embedded, PeerSpec};
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::{Dialect, Limits, Value};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

pub const GREETING: &str = "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, \"package\": \"\"}, \
     \"capabilities\": [\"oob\"]}}\r\n";
const VERSION: &str = "{\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, \"package\": \"\"}";

/// What a test knows of its peer: how often it was connected to.
#[derive(Clone, Default)]
pub struct Connections(Arc<AtomicU32>);

impl Connections {
    pub fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A peer whose connections are served by `serve`, which is told how many came before.
pub fn peer(
    dialect: Dialect,
    serve: impl Fn(UnixStream, u32) + Send + Sync + 'static,
) -> (PeerSpec, Connections) {
    let connections = Connections::default();
    let counter = connections.clone();
    let serve = Arc::new(serve);
    let dial = move || {
        let (ours, theirs) = UnixStream::pair()?;
        let (serve, number) = (Arc::clone(&serve), counter.0.fetch_add(1, Ordering::SeqCst));
        thread::spawn(move || serve(theirs, number));
        Ok(ours)
    };
    (
        PeerSpec::Embedded(Embedded {
            name: "scripted".to_owned(),
            dialect,
            dial: Arc::new(dial),
            weigh: None,
            anew: None,
        }),
        connections,
    )
}

/// What the small peers were asked, and what they would answer.
pub struct Asked<'a> {
    /// The command; empty for what is none.
    pub command: &'a str,
    /// The id, as JSON with what surrounds it in a reply; empty without one.
    pub id: String,
    /// The conforming answer.
    pub answer: Vec<u8>,
    /// How many requests this connection had before.
    pub nth: usize,
    /// How many came before it in the same write.
    pub behind: usize,
    /// It is to be executed out of band.
    pub urgent: bool,
}

/// What to do instead of answering properly.
pub enum Twist {
    /// Answer properly.
    Proper,
    /// Send these bytes instead.
    Say(Vec<u8>),
    /// Close the connection.
    Close,
}

/// A small monitor: knows `qmp_capabilities`, `query-version`, `query-commands` and `stop`.
pub fn monitor(twist: impl Fn(&Asked<'_>) -> Twist + Send + Sync + 'static) -> (PeerSpec, Connections) {
    peer(Dialect::Qmp, move |mut stream, _| {
        if stream.write_all(GREETING.as_bytes()).is_ok() {
            serve(stream, Dialect::Qmp, &twist);
        }
    })
}

/// A small agent: knows `guest-ping`, `guest-info`, `guest-sync` and `guest-sync-delimited`.
pub fn agent(twist: impl Fn(&Asked<'_>) -> Twist + Send + Sync + 'static) -> (PeerSpec, Connections) {
    peer(Dialect::Qga, move |stream, _| serve(stream, Dialect::Qga, &twist))
}

/// Serves a connection until the client is gone.
pub fn serve(mut stream: UnixStream, dialect: Dialect, twist: &dyn Fn(&Asked<'_>) -> Twist) {
    let mut automaton = Automaton::new(Model::V3_1);
    let (mut outcomes, mut chunk, mut nth) = (Vec::new(), [0; 4096], 0);
    let mut negotiated = dialect == Dialect::Qga;
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        automaton.feed(&chunk[..count], &mut outcomes);
        for (behind, outcome) in outcomes.drain(..).enumerate() {
            let asked = Asked { behind, ..answer(&outcome, dialect, &mut negotiated, nth) };
            nth += 1;
            let bytes = match twist(&asked) {
                Twist::Proper => asked.answer,
                Twist::Say(bytes) => bytes,
                Twist::Close => return,
            };
            if stream.write_all(&bytes).is_err() {
                return;
            }
        }
    }
}

fn answer<'a>(outcome: &'a Outcome, dialect: Dialect, negotiated: &mut bool, nth: usize) -> Asked<'a> {
    let end = if dialect == Dialect::Qmp { "\r\n" } else { "\n" };
    let Outcome::Value { value, .. } = outcome else {
        let answer = format!("{}{end}", error("GenericError", "")).into_bytes();
        return Asked { command: "", id: String::new(), answer, nth, behind: 0, urgent: false };
    };
    let urgent = value.get("exec-oob").filter(|_| dialect == Dialect::Qmp);
    let command = value.get("execute").or(urgent).and_then(Value::as_str).unwrap_or_default();
    let id = value.get("id").map(|id| format!(", \"id\": {id}")).unwrap_or_default();
    let returned = |value: &str| format!("{{\"return\": {value}{id}}}");
    let token = || value.get("arguments").and_then(|arguments| arguments.get("id")).map(Value::to_string);
    let mut sentinel = "";
    let text = match command {
        "" => error("GenericError", &id),
        "qmp_capabilities" if !*negotiated => {
            *negotiated = true;
            returned("{}")
        }
        _ if !*negotiated => error("CommandNotFound", &id),
        "query-version" => returned(VERSION),
        "query-commands" => returned(
            "[{\"name\": \"qmp_capabilities\"}, {\"name\": \"query-version\"}, {\"name\": \"query-commands\"}, \
             {\"name\": \"stop\"}]",
        ),
        "stop" | "guest-ping" => returned("{}"),
        "guest-info" => returned("{\"version\": \"7.2.0\", \"supported_commands\": []}"),
        "guest-sync" => returned(&token().unwrap_or_default()),
        "guest-sync-delimited" => {
            sentinel = "\u{1}";
            returned(&token().unwrap_or_default())
        }
        _ => error("CommandNotFound", &id),
    };
    let mut answer = format!("{sentinel}{text}{end}").into_bytes();
    if !sentinel.is_empty() {
        answer[0] = 0xFF;
    }
    Asked { command, id, answer, nth, behind: 0, urgent: urgent.is_some() }
}

fn error(class: &str, id: &str) -> String {
    format!("{{\"error\": {{\"class\": \"{class}\", \"desc\": \"d\"}}{id}}}")
}

/// Limits that make a test of a deadline short.
pub fn impatient() -> Limits {
    Limits { greeting_ms_max: 500, step_ms_max: 400, case_ms_max: 3_000, ..Limits::default() }
}

/// Reads and forgets, until the client is gone.
pub fn swallow(mut stream: &UnixStream) {
    let mut chunk = [0; 4096];
    while let Ok(1..) = stream.read(&mut chunk) {}
}
