//! Streams: several messages in a row, sound, corrupted or mere noise, in any split into writes. Each ends with
//! a resynchronisation and a command of its own id, so that a peer is as fit after it as before.

use crate::corruption::{self, Command, Corruption, Weight};
use crate::entropy::Entropy;
use qmprobe_schema::Schema;
use qmprobe_wire::automaton::{Automaton, Model, Outcome};
use qmprobe_wire::recovery::SENTINEL;
use qmprobe_wire::{Case, CaseId, Dialect, Start, Step, Value};

/// The rule that streams put to the test.
pub const AIM: &str = "stream-predicted";
/// Streams count from here, so that they never share an id with another case.
pub const FIRST_INDEX: u64 = 1 << 33;

/// What a stream may run: always possible, harmless, and answered shortly.
const COMMANDS: &[&str] = &[
    "query-version",
    "query-name",
    "query-status",
    "qmp_capabilities",
    "guest-ping",
    "guest-sync",
    "guest-sync-delimited",
    "guest-info",
];
/// Commands that take an integer for `id`.
const SYNCS: &[&str] = &["guest-sync", "guest-sync-delimited"];
/// What may be run out of band, where it is declared so.
const URGENT: &[&str] = &["query-yank"];
/// What has out-of-band execution enabled.
const ENABLE: &[u8] = b"{\"execute\":\"qmp_capabilities\",\"arguments\":{\"enable\":[\"oob\"]}}\n";
/// Ids, as JSON texts. They come back whole from every version.
const IDS: &[&str] = &[
    "1",
    "0",
    "-7",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "1.5",
    "1e3",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a b\"",
    "\"\\u00e9\\n\"",
    "\"\u{e9}\"",
    "[]",
    "[1,[2,{}]]",
    "{}",
    "{\"a\":{\"b\":null}}",
];
/// Resynchronises any parser like QEMU's.
const RESYNC: &[u8] = &[0xFF, 0xFE, 0x00, 0x01, 0x1F];
/// What stands between messages.
const BETWEEN: &[&[u8]] = &[b"\n", b"\r\n", b"", b" ", b"\n\n", b"\xFF", b",", b"\t\n"];
/// What noise is made of: all that a parser can tell apart.
const ATOMS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"'",
    b"\\",
    b" ",
    b"\n",
    b"\t",
    b"\r",
    b"0",
    b"12",
    b"-",
    b".5",
    b"e1",
    b"tru",
    b"true",
    b"null",
    b"\xFF",
    b"\x00",
    b"#",
    b"A",
    b"\x7F",
    b"\xC3\xA9",
    b"\xC3",
    b"\"a\":",
    b"\"\\ud800\"",
    b"{}",
    b"[]",
    b"{\"id\":1}",
    b"\"execute\"",
    b"\x1B",
];
/// Messages of one stream, at most.
const MESSAGES_MAX: usize = 8;
/// Writes of one stream, at most, but for the last.
const WRITES_MAX: usize = 5;
/// One stream in so many has a heavy message.
const HEAVY_ONE_IN: usize = 64;
/// Makes of a stream until one runs nothing but what it may.
const TRIES_MAX: u64 = 16;

/// All streams for one schema.
#[derive(Debug)]
pub struct Streams<'s> {
    schema: &'s Schema,
    dialect: Dialect,
    seed: u64,
    /// What may be run and is declared.
    commands: Vec<&'static str>,
    /// Declared, cannot fail and has a short answer.
    last: &'static str,
    light: Vec<&'static Corruption>,
    heavy: Vec<&'static Corruption>,
}

impl<'s> Streams<'s> {
    /// The streams for a schema.
    pub fn new(schema: &'s Schema, dialect: Dialect, seed: u64) -> Streams<'s> {
        let declared = |name: &&&str| schema.command(name).is_some();
        let commands: Vec<&str> = COMMANDS.iter().filter(declared).copied().collect();
        let fallback = if dialect == Dialect::Qmp { "query-version" } else { "guest-ping" };
        let last = commands.iter().copied().find(|name| *name != "qmp_capabilities").unwrap_or(fallback);
        let of = |weight: Weight| {
            let all = corruption::ALL.iter().copied();
            all.filter(|corruption| corruption.weight == weight).collect()
        };
        Streams { schema, dialect, seed, commands, last, light: of(Weight::Light), heavy: of(Weight::Heavy) }
    }

    /// Leaves out what is heavy, nesting to the limit among it: a parser that is not QEMU's has its own limits.
    pub fn without_heavy(self) -> Streams<'s> {
        Streams { heavy: Vec::new(), ..self }
    }

    /// The stream number `nth`.
    pub fn case(&self, nth: u64) -> Case {
        let mut entropy = Entropy::new(self.seed, FIRST_INDEX + nth);
        let tail = self.tail(nth, &mut entropy);
        // Before negotiation the same bytes have other answers, and out of band they are answered in other order.
        let fresh = self.dialect == Dialect::Qmp && entropy.once_in(4);
        let overtakes = fresh && entropy.coin();
        let mut tries = (0..TRIES_MAX).map(|_| self.body(overtakes, &mut entropy));
        let body = tries.find(|body| self.is_harmless(&[body.as_slice(), &tail].concat()));
        let body = body.unwrap_or_default();
        let mut steps = writes(&body, &mut entropy);
        steps.push(Step::Send(tail));
        Case {
            id: CaseId { seed: self.seed, index: FIRST_INDEX + nth },
            name: format!("{AIM}: stream {nth}, {} bytes", body.len()),
            command: None,
            aim: Some(AIM.to_owned()),
            start: if fresh { Start::Greeting } else { Start::Command },
            steps,
        }
    }

    /// Something that stands among sound commands and is none: a corrupted command, or noise. What it runs by any
    /// parser like QEMU's is for whoever puts it there to look at.
    pub fn piece(&self, entropy: &mut Entropy) -> Vec<u8> {
        match entropy.below(8) {
            0 => noise(entropy),
            1 => mutated(self.command(entropy).bytes(), entropy),
            _ => entropy.pick(&self.light).apply(&self.command(entropy), entropy),
        }
    }

    /// Whether the bytes run nothing but what a stream may, by any parser like QEMU's; and do not end a QEMU
    /// that executes out of band, whose queue has no place for the second of two errors of one byte
    /// (`monitor/qmp.c:handle_qmp_command`).
    pub fn is_harmless(&self, stream: &[u8]) -> bool {
        [Model::V3_1, Model::V11].into_iter().all(|model| {
            let mut outcomes = Vec::new();
            Automaton::new(model).feed(stream, &mut outcomes);
            let values = || {
                outcomes.iter().filter_map(|outcome| match outcome {
                    Outcome::Value { value, .. } => Some(value),
                    Outcome::Error { .. } => None,
                })
            };
            let enables =
                values().any(|value| value.get("arguments").is_some_and(|all| is_named(all, "oob")));
            values().all(|value| self.may_run(value)) && !(enables && has_twins(model, stream))
        })
    }

    fn may_run(&self, value: &Value) -> bool {
        let declared = |verb: &str| self.schema.command(value.get(verb)?.as_str()?);
        let in_band = declared("execute").is_none_or(|command| COMMANDS.contains(&command.name.as_str()));
        let urgent = |name: &str| URGENT.contains(&name) || COMMANDS.contains(&name);
        in_band && declared("exec-oob").is_none_or(|command| !command.allow_oob || urgent(&command.name))
    }

    /// What ends a stream: a resynchronisation on a line of its own, and a command.
    fn tail(&self, nth: u64, entropy: &mut Entropy) -> Vec<u8> {
        let command = Command::new(self.last, None, &format!("\"end-{nth}\""));
        let resync = match self.dialect {
            Dialect::Qmp => RESYNC,
            // That is all that an agent promises.
            Dialect::Qga => &[SENTINEL],
        };
        [b"\n".as_slice(), &[entropy.pick(resync)], b"\n", &command.bytes(), b"\n"].concat()
    }

    fn body(&self, overtakes: bool, entropy: &mut Entropy) -> Vec<u8> {
        let mut body = if overtakes { ENABLE.to_vec() } else { Vec::new() };
        let heavy = entropy.once_in(HEAVY_ONE_IN);
        let messages = 1 + entropy.below(MESSAGES_MAX);
        for nth in 0..messages {
            let weighty = heavy && nth == 0;
            let urgent = overtakes && entropy.coin();
            body.extend(if urgent { self.urgent(entropy) } else { self.message(weighty, entropy) });
            let between = if entropy.coin() { b"\n" } else { entropy.pick(BETWEEN) };
            body.extend_from_slice(between);
        }
        body
    }

    fn message(&self, heavy: bool, entropy: &mut Entropy) -> Vec<u8> {
        let command = self.command(entropy);
        if heavy && !self.heavy.is_empty() {
            return entropy.pick(&self.heavy).apply(&command, entropy);
        }
        match entropy.below(12) {
            0..=4 => command.bytes(),
            5..=8 => entropy.pick(&self.light).apply(&command, entropy),
            9 => mutated(entropy.pick(&self.light).apply(&command, entropy), entropy),
            10 => mutated(command.bytes(), entropy),
            _ => noise(entropy),
        }
    }

    /// What is answered out of band: a command that may run so, one that may not, or none at all.
    fn urgent(&self, entropy: &mut Entropy) -> Vec<u8> {
        let names = [entropy.pick(URGENT), entropy.pick(COMMANDS), "qmprobe-no-such-command"];
        let name = entropy.pick(&names);
        let arguments = entropy.pick(&[None, None, Some("{}"), Some("{\"no-such\":1}"), Some("[]")]);
        let command = Command::new(name, arguments, entropy.pick(IDS));
        let bytes = command.with_raw_member("execute", b"\"exec-oob\"");
        if entropy.once_in(8) { mutated(bytes, entropy) } else { bytes }
    }

    /// A sound command, or one that does not exist, or one that is refused for its arguments.
    fn command(&self, entropy: &mut Entropy) -> Command {
        let id = entropy.pick(IDS);
        let name = if self.commands.is_empty() { self.last } else { entropy.pick(&self.commands) };
        let arguments = match name {
            _ if entropy.once_in(8) => Some("{\"no-such\":1}"),
            "qmp_capabilities" => {
                entropy.pick(&[None, Some("{}"), Some("{\"enable\":[]}"), Some("{\"enable\":1}")])
            }
            name if SYNCS.contains(&name) => {
                entropy.pick(&[Some("{\"id\":123}"), Some("{\"id\":-1}"), Some("{\"id\":1.0}"), None])
            }
            _ => entropy.pick(&[None, None, Some("{}")]),
        };
        Command::new(name, arguments, id)
    }
}

/// Whether the text stands somewhere in the value. Recursion is bounded by the parser's nesting.
fn is_named(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string == text,
        Value::Array(elements) => elements.iter().any(|element| is_named(element, text)),
        Value::Object(members) => members.iter().any(|(_, member)| is_named(member, text)),
        _ => false,
    }
}

/// Whether some byte brings two outcomes about: it ends a number or a keyword, and is wrong itself.
pub fn has_twins(model: Model, stream: &[u8]) -> bool {
    let (mut automaton, mut outcomes) = (Automaton::new(model), Vec::new());
    stream.chunks(1).any(|byte| {
        outcomes.clear();
        automaton.feed(byte, &mut outcomes);
        outcomes.len() > 1
    })
}

/// The bytes after one to three accidents.
fn mutated(mut bytes: Vec<u8>, entropy: &mut Entropy) -> Vec<u8> {
    for _ in 0..1 + entropy.below(3) {
        if bytes.is_empty() {
            break;
        }
        let at = entropy.below(bytes.len());
        match entropy.below(6) {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, bytes[at]),
            2 => bytes[at] ^= 1 << entropy.below(8),
            3 => bytes[at] = entropy.below(256) as u8,
            4 => bytes.truncate(at),
            _ => drop(bytes.splice(at..at, entropy.pick(ATOMS).iter().copied())),
        }
    }
    bytes
}

fn noise(entropy: &mut Entropy) -> Vec<u8> {
    (0..1 + entropy.below(12)).flat_map(|_| entropy.pick(ATOMS)).copied().collect()
}

/// The bytes in some pieces, small ones at times.
fn writes(body: &[u8], entropy: &mut Entropy) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = body;
    let small = entropy.once_in(8);
    let writes = entropy.below(WRITES_MAX);
    for _ in 0..writes {
        let most = if small { rest.len().min(3) } else { rest.len() };
        let (piece, left) = rest.split_at(entropy.below(most + 1));
        rest = left;
        if !piece.is_empty() {
            steps.push(Step::Push(piece.to_vec()));
        }
    }
    if !rest.is_empty() {
        steps.push(Step::Push(rest.to_vec()));
    }
    steps
}
