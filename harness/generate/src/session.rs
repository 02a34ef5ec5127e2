//! The session cases: negotiation, envelopes, ids, malformed JSON, names, order. One family per file, one
//! line each in [`FAMILIES`]. They come before the commands, and hold for any schema.

mod agent;
mod envelope;
mod events;
mod ids;
mod json;
mod leaving;
mod names;
mod negotiation;
mod order;
mod refused;
mod replies;

use qmprobe_schema::Schema;
use qmprobe_wire::{Case, CaseId, Dialect, Start, Step, Value, request};

/// Session cases count from here, so that they never share an id with a command's case.
pub const FIRST_INDEX: u64 = 1 << 32;

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
    replies::push,
    refused::push,
];

/// The session cases of a dialect.
pub fn cases(schema: &Schema, dialect: Dialect, seed: u64) -> Vec<Case> {
    let mut cases = Cases { schema, dialect, seed, made: Vec::new() };
    for family in FAMILIES {
        family(&mut cases);
    }
    cases.made
}

/// The cases made so far.
struct Cases<'a> {
    schema: &'a Schema,
    dialect: Dialect,
    seed: u64,
    made: Vec<Case>,
}

impl Cases<'_> {
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

    /// A declared command without mandatory arguments that always succeeds and changes nothing.
    fn harmless(&self) -> &'static str {
        let candidates = ["query-version", "query-name", "query-status", "guest-ping", "qmp_capabilities"];
        candidates.into_iter().find(|name| self.schema.command(name).is_some()).unwrap_or("query-version")
    }
}

/// A write of these bytes, waiting for the replies.
fn send(bytes: impl Into<Vec<u8>>) -> Step {
    Step::Send(bytes.into())
}

/// `{"execute":NAME,"id":ID}`
fn command(name: &str, id: i64) -> Step {
    send(request::execute(name, None, Some(&Value::int(id))))
}
