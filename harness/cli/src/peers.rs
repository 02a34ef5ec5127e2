//! From peer flags to peers: what each is, what it may be sent, and which one is meant when none is named.

use crate::args::{Allow, ChannelArg, PeerArgs, Protocol};
use crate::exit::Failure;
use crate::schemas;
use qmprobe_engine::safety::Class;
use qmprobe_reference::{Config, Server};
use qmprobe_schema::Schema;
use qmprobe_target::{Channel, Embedded, PeerSpec};
use qmprobe_wire::Weight;
use qmprobe_wire::{Dialect, Version};
use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A peer to test.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// Which one.
    pub spec: PeerSpec,
    /// What it may be sent.
    pub allow: Class,
    /// The schema to hold it against; `None` is its own.
    pub schema: Option<Arc<Schema>>,
}

impl Chosen {
    /// What to call it before it says what it is.
    pub fn label(&self) -> String {
        match &self.spec {
            PeerSpec::Qemu { binary, .. }
            | PeerSpec::StorageDaemon { binary, .. }
            | PeerSpec::GuestAgent { binary, .. } => binary.display().to_string(),
            PeerSpec::Spawn { command, .. } => format!("`{command}`"),
            PeerSpec::Connect { address, .. } => address.to_string(),
            PeerSpec::Embedded(embedded) => embedded.name.clone(),
        }
    }
}

/// The peers in the order of their kinds (QEMU, storage daemon, guest agent, connected, spawned, reference).
#[derive(Debug)]
pub struct Choice {
    /// At least one.
    pub peers: Vec<Chosen>,
    /// What to tell the user, when none was named.
    pub announcement: Option<String>,
}

/// The peers that the flags name, or the default one.
///
/// # Errors
/// Usage: a schema that cannot be had.
pub fn choose(args: &PeerArgs, allow: Option<Allow>) -> Result<Choice, Failure> {
    let schema = args.schema.as_deref().map(schemas::load).transpose()?.map(Arc::new);
    let mut announcement = None;
    let mut specs = named(args, schema.as_ref())?;
    if specs.is_empty() {
        let qemu = default_binary("");
        let (spec, text) = if on_path(&qemu) {
            let text = format!(
                "no peer named: checking {} from PATH (--reference: the built-in peer)",
                qemu.display()
            );
            (PeerSpec::Qemu { binary: qemu, extra: args.extra.clone() }, text)
        } else {
            let text = format!(
                "no peer named, and no {} on PATH: checking the built-in reference peer (--qemu=PATH: a QEMU)",
                qemu.display()
            );
            (PeerSpec::Embedded(reference(dialect(args.protocol), schema.clone(), Vec::new())?), text)
        };
        specs.push(spec);
        announcement = Some(text);
    }
    let peers =
        specs.into_iter().map(|spec| chosen(spec, allow, schema.clone())).collect::<Result<_, _>>()?;
    Ok(Choice { peers, announcement })
}

/// The one peer that the flags name; `None` when they name none.
///
/// # Errors
/// Usage: more than one, or a schema that cannot be had.
pub fn choose_one(args: &PeerArgs) -> Result<Option<Chosen>, Failure> {
    let schema = args.schema.as_deref().map(schemas::load).transpose()?.map(Arc::new);
    let mut specs = named(args, schema.as_ref())?;
    let spec = specs.pop();
    if !specs.is_empty() {
        return Err(Failure::usage("this command takes one peer"));
    }
    spec.map(|spec| chosen(spec, None, schema)).transpose()
}

/// A peer of our own, held against what it declares itself.
///
/// # Errors
/// Trouble: the shipped schema cannot be loaded.
pub fn own(spec: PeerSpec) -> Result<Chosen, Failure> {
    chosen(spec, None, None)
}

fn named(args: &PeerArgs, schema: Option<&Arc<Schema>>) -> Result<Vec<PeerSpec>, Failure> {
    let extra = || args.extra.clone();
    let dialect = dialect(args.protocol);
    let mut specs = Vec::new();
    for path in &args.qemu {
        specs.push(PeerSpec::Qemu { binary: default_binary(path), extra: extra() });
    }
    for path in &args.storage_daemon {
        specs.push(PeerSpec::StorageDaemon { binary: or(path, "qemu-storage-daemon"), extra: extra() });
    }
    for path in &args.guest_agent {
        let (binary, channel) = (or(path, "qemu-ga"), args.channel.map(channel).unwrap_or_default());
        specs.push(PeerSpec::GuestAgent { binary, extra: extra(), channel });
    }
    for address in &args.connect {
        specs.push(PeerSpec::Connect { address: address.clone(), dialect });
    }
    for command in &args.spawn {
        specs.push(PeerSpec::Spawn { command: command.clone(), dialect });
    }
    if args.reference {
        specs.push(PeerSpec::Embedded(reference(dialect, schema.cloned(), Vec::new())?));
    }
    Ok(specs)
}

fn chosen(spec: PeerSpec, allow: Option<Allow>, schema: Option<Arc<Schema>>) -> Result<Chosen, Failure> {
    let allow = match allow {
        Some(Allow::Observing) => Class::Observing,
        Some(Allow::Changing) => Class::Changing,
        Some(Allow::Destroying) => Class::Destroying,
        None if spec.ours() => Class::Destroying,
        None => Class::Observing,
    };
    // The reference agent cannot be asked for its schema; it is what it was given.
    let schema = match (&spec, schema) {
        (PeerSpec::Embedded(embedded), None) => Some(Arc::new(schemas::default_for(embedded.dialect)?)),
        (_, schema) => schema,
    };
    Ok(Chosen { spec, allow, schema })
}

/// The reference peer inside this process, with these bugs.
///
/// # Errors
/// Trouble: the shipped schema cannot be loaded.
pub fn reference(
    dialect: Dialect,
    schema: Option<Arc<Schema>>,
    bugs: Vec<&'static qmprobe_reference::Bug>,
) -> Result<Embedded, Failure> {
    let schema = match schema {
        Some(schema) => schema,
        None => Arc::new(schemas::default_for(dialect)?),
    };
    let names: Vec<&str> = bugs.iter().map(|bug| bug.name).collect();
    let name = if names.is_empty() {
        "reference peer".to_owned()
    } else {
        format!("reference peer with {}", names.join(", "))
    };
    let config = Config { schema, dialect, bugs, version: REFERENCE_VERSION, seed: 0 };
    Ok(Embedded { anew: Some(anew(name.clone(), config.clone())), ..embedded(name, config) })
}

fn anew(name: String, config: Config) -> Arc<dyn Fn() -> Embedded + Send + Sync> {
    Arc::new(move || embedded(name.clone(), config.clone()))
}

fn embedded(name: String, config: Config) -> Embedded {
    let dialect = config.dialect;
    let server = Server::new(config);
    let scales = server.clone();
    let weigh: Option<Arc<dyn Fn() -> Weight + Send + Sync>> = Some(Arc::new(move || scales.weigh()));
    Embedded { name, dialect, dial: Arc::new(move || server.dial()), weigh, anew: None }
}

/// The version that the reference peer says it is.
pub const REFERENCE_VERSION: Version = Version::new(10, 0);

/// The channel by its word.
pub fn channel(channel: ChannelArg) -> Channel {
    match channel {
        ChannelArg::UnixListen => Channel::UnixListen,
        ChannelArg::IsaSerial => Channel::IsaSerial,
        ChannelArg::VirtioSerial => Channel::VirtioSerial,
    }
}

/// The protocol by its word.
pub fn dialect(protocol: Protocol) -> Dialect {
    match protocol {
        Protocol::Qmp => Dialect::Qmp,
        Protocol::Qga => Dialect::Qga,
    }
}

/// The QEMU meant by `path`: itself, or this machine's when it is empty.
fn default_binary(path: &str) -> PathBuf {
    // QEMU's names of the machines where they differ from the compiler's.
    let arch = match env::consts::ARCH {
        "x86" => "i386",
        "powerpc64" => "ppc64",
        "powerpc" => "ppc",
        arch => arch,
    };
    or(path, &format!("qemu-system-{arch}"))
}

fn or(path: &str, default: &str) -> PathBuf {
    PathBuf::from(if path.is_empty() { default } else { path })
}

fn on_path(program: &Path) -> bool {
    let executable = |path: PathBuf| {
        path.metadata().is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
    };
    env::var_os("PATH").is_some_and(|dirs| env::split_paths(&dirs).any(|dir| executable(dir.join(program))))
}
