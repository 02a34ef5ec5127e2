//! The session cases: negotiation, envelopes, ids, malformed JSON, names, order. One family per file, one
//! line each in [`FAMILIES`]. They come before the commands, and hold for any schema.

mod agent;
mod envelope;
mod events;
mod farewell;
mod framing;
mod ids;
mod json;
mod leaks;
mod leaving;
mod names;
mod negotiation;
mod order;
mod refused;
mod replies;

pub use farewell::farewells;
pub use leaks::repeated;
use qmprobe_schema::Schema;
use qmprobe_wire::{Case, CaseId, Dialect, Start, Step, Value, request};

/// Session cases count from here, so that they never share an id with a command's case.
pub const FIRST_INDEX: u64 = 1 << 32;

/// Commands that keep an emulator busy for some milliseconds, longest first.
const SLOW: &[&str] = &["qom-list-types", "query-command-line-options", "query-commands"];

/// A family of cases: pushes its cases for one dialect.
type Family = fn(&mut Cases<'_>);

/// Every family, in the order in which they run: fresh connections first, then one shared session.
const FAMILIES: &[Family] = &[
    negotiation::push,
    leaving::push,
    events::push,
    agent::push,
    envelope::push,
    names::push,
    ids::push,
    json::push,
    order::push,
    framing::push,
    replies::push,
    refused::push,
    leaks::push,
];

/// The session cases of a dialect. `absent` are commands that the peer is known not to offer.
pub fn cases(schema: &Schema, dialect: Dialect, seed: u64, absent: &[String]) -> Vec<Case> {
    let mut cases = Cases { schema, dialect, seed, absent, made: Vec::new() };
    for family in FAMILIES {
        family(&mut cases);
    }
    cases.made
}

/// One case for each command that must not run, with arguments that it cannot run on: it is there, or not, as the
/// peer says. `absent` are those that it says are not.
pub fn lookups(seed: u64, there: &[&str], absent: &[&str]) -> Vec<Case> {
    const INDEX: u64 = FIRST_INDEX + (1 << 23);
    let aims = [("declared-command", there), ("guest-info-agrees", absent)];
    let named = aims.into_iter().flat_map(|(aim, names)| names.iter().map(move |name| (aim, *name)));
    let case = |(nth, (aim, name)): (u64, (&str, &str))| Case {
        id: CaseId { seed, index: INDEX + nth },
        name: format!("{aim}: {name}, looked up"),
        command: Some(name.to_owned()),
        aim: Some(aim.to_owned()),
        start: Start::Command,
        steps: vec![send(MADE_UP), send(unrunnable(name))],
    };
    (0..).zip(named).map(case).collect()
}

/// A command that nobody has, beside one that should not be there: what is wrong with its answer, too, is not wrong
/// with that one.
const MADE_UP: &str = r#"{"execute":"qmprobe-no-such-command","id":"no"}"#;

/// A request whose arguments no command has.
fn unrunnable(name: &str) -> String {
    format!(r#"{{"execute":"{name}","arguments":{{"qmprobe-no-such":1}},"id":2}}"#)
}

/// The cases made so far.
struct Cases<'a> {
    schema: &'a Schema,
    dialect: Dialect,
    seed: u64,
    absent: &'a [String],
    made: Vec<Case>,
}

impl<'a> Cases<'a> {
    /// Adds a case that puts `aim` to the test.
    fn push(&mut self, aim: &str, name: impl Into<String>, start: Start, steps: Vec<Step>) {
        self.push_for(None, aim, name, start, steps);
    }

    /// Adds a case about one command.
    fn push_for(
        &mut self,
        command: Option<&str>,
        aim: &str,
        name: impl Into<String>,
        start: Start,
        steps: Vec<Step>,
    ) {
        let index = FIRST_INDEX + self.made.len() as u64;
        self.made.push(Case {
            id: CaseId { seed: self.seed, index },
            name: format!("{aim}: {}", name.into()),
            command: command.map(str::to_owned),
            aim: Some(aim.to_owned()),
            start,
            steps,
        });
    }

    fn is_qmp(&self) -> bool {
        self.dialect == Dialect::Qmp
    }

    /// A declared command that takes an emulator some milliseconds.
    fn slow(&self) -> Option<&'static str> {
        SLOW.iter().copied().find(|name| self.schema.command(name).is_some())
    }

    /// A declared command without mandatory arguments that changes nothing, at best one that cannot fail.
    /// A schema of somebody's own may have none of the names that QEMU has.
    fn harmless(&self) -> &'a str {
        const KNOWN: [&str; 4] = ["query-version", "query-name", "query-status", "guest-ping"];
        let declared = |name: &&str| self.schema.command(name).is_some();
        let known = KNOWN.into_iter().find(declared);
        let own = || queries(self.schema).find(|name| !SELF_DESCRIPTION.contains(name));
        let last_resort = if self.is_qmp() { "query-qmp-schema" } else { "guest-ping" };
        known.or_else(own).unwrap_or(last_resort)
    }
}

/// Queries about the peer's interface, whose answers are long and never change.
const SELF_DESCRIPTION: [&str; 2] = ["query-qmp-schema", "query-commands"];

/// The declared commands that by their name only look, and need no arguments.
fn queries(schema: &Schema) -> impl Iterator<Item = &str> {
    let commands = schema.commands.iter().filter(|command| command.name.starts_with("query-"));
    let bare = commands.filter(|command| {
        let arguments = command.arguments.and_then(|ty| schema.object(ty));
        command.arguments.is_none()
            || arguments.is_some_and(|object| object.members.iter().all(|member| member.optional))
    });
    bare.map(|command| command.name.as_str())
}

/// The text, which names `query-version`, for a peer that may lack that.
fn naming(input: &[u8], harmless: &str) -> Vec<u8> {
    const NAME: &[u8] = b"query-version";
    let mut out = Vec::with_capacity(input.len());
    let mut rest = input;
    while let Some(at) = rest.windows(NAME.len()).position(|window| window == NAME) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(harmless.as_bytes());
        rest = &rest[at + NAME.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// A write of these bytes as a line, waiting for the replies. No server needs the newline, and those that
/// read by line are tested as well: what puts the framing itself to the test is in `framing`.
fn send(bytes: impl Into<Vec<u8>>) -> Step {
    let mut bytes = bytes.into();
    if bytes.last() != Some(&b'\n') {
        bytes.push(b'\n');
    }
    Step::Send(bytes)
}

/// `{"execute":NAME,"id":ID}`
fn command(name: &str, id: i64) -> Step {
    send(request::execute(name, None, Some(&Value::int(id))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_up_is_sent_nothing_that_it_could_run_on() {
        let cases = lookups(7, &["guest-set-vcpus"], &["guest-exec"]);
        let shown: Vec<_> = cases.iter().map(|case| (case.aim.as_deref(), case.steps.as_slice())).collect();
        let request = |name: &str| {
            let arguments = r#"{"qmprobe-no-such":1}"#;
            let looked_up = format!(r#"{{"execute":"{name}","arguments":{arguments},"id":2}}"#);
            vec![send(r#"{"execute":"qmprobe-no-such-command","id":"no"}"#), send(looked_up)]
        };
        let (there, absent) = (request("guest-set-vcpus"), request("guest-exec"));
        assert_eq!(
            shown,
            [(Some("declared-command"), there.as_slice()), (Some("guest-info-agrees"), absent.as_slice())]
        );
        assert_ne!(cases[0].id, cases[1].id);
    }
}
