//! The part of a peer that outlives its connections: what it is configured to be, and what has happened to it.

use crate::bug::Bug;
use crate::input::Input;
use crate::introspection;
use qmprobe_schema::{Schema, TypeKind};
use qmprobe_wire::{Dialect, Value, Version};
use std::io::{self, ErrorKind};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// What a reference peer is.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it declares.
    pub schema: Arc<Schema>,
    /// The protocol it speaks.
    pub dialect: Dialect,
    /// What it does wrong. None: it conforms.
    pub bugs: Vec<&'static Bug>,
    /// The version it says it is. From 11.0 on its JSON parser is that of QEMU 11.
    pub version: Version,
    /// What its made-up return values follow from.
    pub seed: u64,
}

/// Bytes that a bug keeps at most: a peer with it is to be found out, not to fill the machine.
const LOST_BYTES_MAX: usize = 256 << 20;

/// Connections that are refused by a peer that ended, before it is started anew.
const REFUSALS: u32 = 3;

/// What has happened so far, on all connections.
#[derive(Debug)]
pub(crate) struct World {
    /// Commands carried out that may have changed something. Queries answer the same until it moves.
    pub changes: u64,
    /// Events sent.
    pub events: u64,
    /// Whether the guest runs, as `query-status` tells it.
    pub running: bool,
    /// `quit` was carried out.
    pub ended: bool,
    /// Connections to come that get no answer.
    pub hung_connections: u32,
    /// Connections to come that are refused.
    pub refused_connections: u32,
    /// Whether the last connection that negotiated enabled out-of-band execution.
    pub negotiated_oob: bool,
    /// What a bug keeps for good.
    pub lost: Vec<u8>,
}

impl World {
    const START: World = World {
        changes: 0,
        events: 0,
        running: true,
        ended: false,
        hung_connections: 0,
        refused_connections: 0,
        negotiated_oob: false,
        lost: Vec::new(),
    };

    /// Keeps so many bytes more for good.
    pub fn lose(&mut self, bytes: usize) {
        let kept = self.lost.len().saturating_add(bytes).min(LOST_BYTES_MAX);
        self.lost.resize(kept, 1);
    }

    /// Begins anew after the end.
    pub fn revive(&mut self) {
        if self.ended {
            *self = World::START;
        }
    }
}

/// A peer without its connections.
#[derive(Debug)]
pub(crate) struct Host {
    pub config: Config,
    /// Whether it reads line by line, and JSON only.
    pub strict: bool,
    /// Whether the schema knows the capability `oob`.
    pub offers_oob: bool,
    introspection: OnceLock<Value>,
    world: Mutex<World>,
    /// The parser that the last client left, for bugs by which the next gets it.
    parser: Mutex<Option<Input>>,
    /// The connection of the last client, for bugs by which it stays open until the next has left.
    lingering: Mutex<Option<OwnedFd>>,
}

impl Host {
    pub fn new(config: Config, strict: bool) -> Host {
        let offers_oob = knows_oob(&config.schema);
        Host {
            config,
            strict,
            offers_oob,
            introspection: OnceLock::new(),
            world: Mutex::new(World::START),
            parser: Mutex::new(None),
            lingering: Mutex::new(None),
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        // Whoever panicked holding it left plain counters behind, each of them good.
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The parser that is left of the last client, if one parser reads what all send.
    pub fn left_parser(&self) -> Option<Input> {
        self.parser.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the parser of a client that leaves, if one parser reads what all send.
    pub fn leave_parser(&self, parser: Input) {
        if self.config.bugs.iter().any(|bug| bug.hooks.one_parser) {
            *self.parser.lock().unwrap_or_else(PoisonError::into_inner) = Some(parser);
        }
    }

    /// Keeps the connection of a client that has shut down its side, if it is not to be closed.
    pub fn linger(&self, stream: &impl AsFd) {
        if self.config.bugs.iter().any(|bug| bug.hooks.lingering) {
            let open = stream.as_fd().try_clone_to_owned().ok();
            *self.lingering.lock().unwrap_or_else(PoisonError::into_inner) = open;
        }
    }

    /// Takes note of how a connection ended: a reset is the mark of a client that left something unread.
    pub fn mourn(&self, served: io::Result<()>) {
        let is_reset = served.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
        if is_reset && self.config.bugs.iter().any(|bug| bug.hooks.fragile) {
            self.world().refused_connections = REFUSALS;
        }
    }

    /// What `query-qmp-schema` returns.
    pub fn introspection(&self) -> &Value {
        self.introspection.get_or_init(|| introspection::of(&self.config.schema))
    }

    /// The version as the greeting and `query-version` state it.
    pub fn version(&self) -> Value {
        let Version { major, minor, micro } = self.config.version;
        let number = |name: &str, number: u32| (name.to_owned(), Value::int(i64::from(number)));
        let qemu = vec![number("micro", micro), number("minor", minor), number("major", major)];
        Value::Object(vec![
            ("qemu".to_owned(), Value::Object(qemu)),
            ("package".to_owned(), Value::string("qmprobe-reference")),
        ])
    }

    /// The messages of a fresh connection.
    pub fn greetings(&self) -> Vec<Value> {
        let mut greetings = Vec::new();
        if self.config.dialect == Dialect::Qmp {
            let oob = self.offers_oob.then(|| Value::string("oob"));
            let greeting = vec![
                ("version".to_owned(), self.version()),
                ("capabilities".to_owned(), Value::Array(oob.into_iter().collect())),
            ];
            greetings.push(Value::Object(vec![("QMP".to_owned(), Value::Object(greeting))]));
        }
        for bug in &self.config.bugs {
            (bug.hooks.greeting)(&mut greetings);
        }
        greetings
    }
}

fn knows_oob(schema: &Schema) -> bool {
    let enable = || {
        let arguments = schema.command("qmp_capabilities")?.arguments?;
        let TypeKind::Array(capability) = schema.ty(schema.object(arguments)?.member("enable")?.ty).kind
        else {
            return None;
        };
        schema.enumeration(capability)
    };
    enable().is_some_and(|capabilities| capabilities.has("oob"))
}
