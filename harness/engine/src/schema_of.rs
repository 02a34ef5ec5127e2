//! Where the schema of a peer comes from when its user gives none: its own introspection; for an agent, which
//! has none, the shipped schema nearest to its version; and for a peer too broken to be asked, the little that
//! every peer declares.

use crate::error::Error;
use crate::runner::Runner;
use qmprobe_schema::{
    Builtin, Command, Features, Schema, TypeDef, TypeId, TypeKind, from_introspection, shipped, shipped_names,
};
use qmprobe_target::PeerSpec;
use qmprobe_wire::{Dialect, Limits, Message, MessageKind, Value, Version};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::watch;

/// The shipped schemas of the guest agent are called so, with the version behind.
const AGENT_PREFIX: &str = "qga-";

/// What every monitor declares, as introspection says it.
const EVERY_MONITOR: &str = r#"[
    {"name": "qmp_capabilities", "meta-type": "command", "arg-type": "0", "ret-type": "1"},
    {"name": "query-version", "meta-type": "command", "arg-type": "1", "ret-type": "any"},
    {"name": "query-commands", "meta-type": "command", "arg-type": "1", "ret-type": "any"},
    {"name": "0", "meta-type": "object", "members": [{"name": "enable", "type": "2", "default": null}]},
    {"name": "1", "meta-type": "object", "members": []},
    {"name": "2", "meta-type": "array", "element-type": "3"},
    {"name": "3", "meta-type": "enum", "values": ["oob"]},
    {"name": "any", "meta-type": "builtin", "json-type": "value"}
]"#;

/// What every agent declares.
const EVERY_AGENT: &str = r#"[
    {"name": "guest-ping", "meta-type": "command", "arg-type": "0", "ret-type": "0"},
    {"name": "guest-info", "meta-type": "command", "arg-type": "0", "ret-type": "2"},
    {"name": "guest-sync", "meta-type": "command", "arg-type": "1", "ret-type": "int"},
    {"name": "guest-sync-delimited", "meta-type": "command", "arg-type": "1", "ret-type": "int"},
    {"name": "0", "meta-type": "object", "members": []},
    {"name": "1", "meta-type": "object", "members": [{"name": "id", "type": "int"}]},
    {"name": "2", "meta-type": "object", "members": [
        {"name": "version", "type": "str"}, {"name": "supported_commands", "type": "3"}]},
    {"name": "3", "meta-type": "array", "element-type": "4"},
    {"name": "4", "meta-type": "object", "members": [
        {"name": "name", "type": "str"}, {"name": "enabled", "type": "bool"},
        {"name": "success-response", "type": "bool", "default": null}]},
    {"name": "bool", "meta-type": "builtin", "json-type": "boolean"},
    {"name": "int", "meta-type": "builtin", "json-type": "int"},
    {"name": "str", "meta-type": "builtin", "json-type": "string"}
]"#;

/// What a peer told when it was asked.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its schema.
    pub schema: Schema,
    /// The version that it says it is.
    pub version: Option<Version>,
}

/// Asks a peer for its schema; starts it for that if it is ours.
///
/// # Errors
/// There is no peer, it does not tell its schema, or what it tells cannot be loaded.
pub async fn ask_schema(spec: &PeerSpec) -> Result<Told, Error> {
    let (_go_on, stop) = watch::channel(false);
    let least = Arc::new(least(spec.dialect())?);
    let mut runner = Runner::open(spec, &Limits::default(), least, None, stop).await?;
    let learned = match meet(&mut runner, spec.dialect()).await {
        true => declared(&mut runner, spec.dialect(), None).await,
        false => Ok(None),
    };
    let version = runner.version();
    runner.retire().await;
    let schema = learned?.ok_or_else(|| Error::NoSchema { why: "it does not answer".to_owned() })?;
    Ok(Told { schema, version })
}

/// What every peer of a dialect declares. It is marked as cut: what it lacks proves nothing.
///
/// # Errors
/// The text above is no schema; a test says that it is.
pub(crate) fn least(dialect: Dialect) -> Result<Schema, Error> {
    let text = match dialect {
        Dialect::Qmp => EVERY_MONITOR,
        Dialect::Qga => EVERY_AGENT,
    };
    let mut schema = from_introspection(text, "the built-in minimum").map_err(Error::BadSchema)?;
    for ty in schema.types.iter_mut().filter(|_| dialect == Dialect::Qga) {
        if ty.kind == TypeKind::Builtin(Builtin::Integer) {
            // Introspection does not tell the width; qga/qapi-schema.json does.
            ty.kind = TypeKind::Builtin(Builtin::Int64);
        }
    }
    Ok(Schema { partial: true, ..schema })
}

/// Opens a session and learns the peer's version. False when the peer does not answer.
pub(crate) async fn meet(runner: &mut Runner, dialect: Dialect) -> bool {
    let question = match dialect {
        Dialect::Qmp => "query-version",
        Dialect::Qga => "guest-info",
    };
    let Some(reply) = runner.ask(question).await else { return false };
    if let Some(version) = stated_version(&reply, dialect)
        && runner.version().is_none()
    {
        runner.set_version(version);
    }
    true
}

fn stated_version(reply: &Message, dialect: Dialect) -> Option<Version> {
    let stated = reply.get("return")?;
    match dialect {
        Dialect::Qga => Version::parse(stated.get("version")?.as_str()?),
        Dialect::Qmp => {
            let numbers = stated.get("qemu")?;
            let part = |name: &str| u32::try_from(numbers.get(name)?.as_integer()?).ok();
            Some(Version { major: part("major")?, minor: part("minor")?, micro: part("micro")? })
        }
    }
}

/// The schema of a peer that answers. `None` when it stopped answering, or answers with what is no reply.
///
/// # Errors
/// It refuses to tell, or what it tells cannot be loaded.
pub(crate) async fn declared(
    runner: &mut Runner,
    dialect: Dialect,
    offered: Option<&[Offered]>,
) -> Result<Option<Schema>, Error> {
    if dialect == Dialect::Qga {
        if runner.version().is_none() && offered.is_none() {
            // Nothing says which of the shipped schemas it is.
            return Ok(None);
        }
        return nearest_agent(runner.version(), offered).map(Some);
    }
    let Some(reply) = runner.ask("query-qmp-schema").await else { return Ok(None) };
    match reply.kind {
        MessageKind::Return => {
            let text = String::from_utf8_lossy(&reply.bytes);
            // A reply that is no strict JSON is a finding later on; here it is read as far as it can be.
            let mended = || reply.value().map(|value| value.to_string());
            let loaded = from_introspection(&text, "query-qmp-schema");
            let loaded = loaded.ok().or_else(|| from_introspection(&mended()?, "query-qmp-schema").ok());
            Ok(loaded.map(|schema| Schema {
                told: reply.text("return").map_or_else(Default::default, qmprobe_schema::Told::of),
                ..schema
            }))
        }
        _ => Ok(None),
    }
}

/// A command that guest-info lists.
#[derive(Debug)]
pub(crate) struct Offered {
    /// `None` where it is no text.
    name: Option<String>,
    enabled: bool,
}

impl Offered {
    fn of(entry: &Value) -> Offered {
        let name = entry.get("name").and_then(Value::as_str).map(str::to_owned);
        Offered { name, enabled: qmprobe_check::is_enabled(entry) }
    }

    fn is(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

/// The commands that an agent lists; `None` when it lists some, and none with a name.
pub(crate) async fn offered(runner: &mut Runner) -> Option<Vec<Offered>> {
    let reply = runner.ask("guest-info").await?;
    let listed = reply.get("return").and_then(|info| info.get("supported_commands")?.as_array())?;
    let offered: Vec<Offered> = listed.iter().map(Offered::of).collect();
    (offered.is_empty() || offered.iter().any(|one| one.name.is_some())).then_some(offered)
}

/// Where an agent's commands differ from those of the schema that it is held against.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// The schema has them, the agent does not offer them.
    pub absent: Vec<String>,
    /// The agent offers them, the schema does not know them.
    pub unknown: Vec<String>,
}

/// Takes the commands out of the schema that an agent says it has but will not run: blocked by its user, or
/// not for this platform. To its clients they do not exist.
pub(crate) fn leave_out_disabled(schema: &mut Schema, offered: &[Offered]) -> Settled {
    let disabled = |name: &str| offered.iter().any(|one| one.is(name) && !one.enabled);
    Settled { absent: retain(schema, |name| !disabled(name)), unknown: Vec::new() }
}

/// Makes a shipped schema, which is only near to the agent's own, declare what guest-info offers: no more, and
/// what it does not know with any arguments and any return value.
pub(crate) fn settle_for_offered(schema: &mut Schema, offered: &[Offered]) -> Settled {
    let enabled = |name: &str| offered.iter().any(|one| one.is(name) && one.enabled);
    if !offered.iter().any(|one| one.name.is_none() || one.is("guest-info")) {
        // Guest-info was answered: a list without it says of nothing that it is not there, and hardly that it is.
        let every = least(Dialect::Qga).ok();
        let is_every_agents = |name: &str| every.as_ref().is_some_and(|least| least.command(name).is_some());
        retain(schema, |name| is_every_agents(name) || enabled(name));
        return Settled::default();
    }
    let mut absent = retain(schema, enabled);
    if offered.iter().any(|one| one.name.is_none()) {
        // One of them may be that.
        absent.clear();
    }
    let own: BTreeSet<&str> =
        offered.iter().filter(|one| one.enabled).filter_map(|one| one.name.as_deref()).collect();
    let unknown: Vec<String> =
        own.into_iter().filter(|name| schema.command(name).is_none()).map(str::to_owned).collect();
    if unknown.is_empty() {
        return Settled { absent, unknown };
    }
    let any = TypeId(u32::try_from(schema.types.len()).unwrap_or(u32::MAX));
    schema.types.push(TypeDef {
        name: None,
        kind: TypeKind::Builtin(Builtin::Any),
        features: Features::default(),
        condition: None,
    });
    schema.commands.extend(unknown.iter().map(|name| Command {
        name: name.clone(),
        arguments: None,
        returns: Some(any),
        allow_oob: false,
        allow_preconfig: None,
        success_response: true,
        marshalled: false,
        features: Features::default(),
        condition: None,
    }));
    schema.commands.sort_by(|a, b| a.name.cmp(&b.name));
    Settled { absent, unknown }
}

fn retain(schema: &mut Schema, keep: impl Fn(&str) -> bool) -> Vec<String> {
    let (kept, taken): (Vec<_>, Vec<_>) =
        std::mem::take(&mut schema.commands).into_iter().partition(|command| keep(&command.name));
    schema.commands = kept;
    taken.into_iter().map(|command| command.name).collect()
}

/// The shipped schema of the newest agent that is not newer than `version`; of an agent that states none, the
/// one that declares most of what it offers, and of those the newest.
fn nearest_agent(version: Option<Version>, offered: Option<&[Offered]>) -> Result<Schema, Error> {
    let mut known: Vec<(Version, &str)> = shipped_names()
        .filter_map(|name| Some((Version::parse(name.strip_prefix(AGENT_PREFIX)?)?, name)))
        .collect();
    known.sort();
    if let (None, Some(offered)) = (version, offered) {
        let names = || offered.iter().filter_map(|one| one.name.as_deref());
        let known_to = |schema: &Schema| names().filter(|name| schema.command(name).is_some()).count();
        let schemas = known.iter().filter_map(|(_, name)| shipped(name)?.ok());
        if let Some(best) = schemas.max_by_key(known_to) {
            return Ok(best);
        }
    }
    let wanted = version.map(|version| Version { micro: 0, ..version });
    let not_newer = known.iter().rev().find(|(known, _)| wanted.is_none_or(|wanted| *known <= wanted));
    let Some((_, name)) = not_newer.or(known.first()) else {
        return Err(Error::NoSchema { why: "no agent's schema is built in".to_owned() });
    };
    match shipped(name) {
        Some(loaded) => loaded.map_err(Error::BadSchema),
        None => Err(Error::NoSchema { why: format!("{name} is not built in") }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_that_every_peer_declares_can_be_loaded() {
        for (dialect, command) in [(Dialect::Qmp, "qmp_capabilities"), (Dialect::Qga, "guest-sync-delimited")]
        {
            let schema = least(dialect).unwrap();
            assert!(schema.partial && schema.command(command).is_some());
        }
    }

    #[test]
    fn a_command_that_is_said_to_be_disabled_in_whatever_words_is() {
        let enabled = |value: Value| {
            let entry = [("name".to_owned(), Value::string("guest-ping")), ("enabled".to_owned(), value)];
            Offered::of(&Value::Object(entry.into())).enabled
        };
        for no in [Value::Bool(false), Value::Null, Value::int(0), Value::string("false")] {
            assert!(!enabled(no));
        }
        for yes in [Value::Bool(true), Value::int(1), Value::string("true")] {
            assert!(enabled(yes));
        }
    }

    #[test]
    fn what_may_stand_under_a_name_that_is_no_text_is_not_taken_for_absent() {
        let listed = |name: Value| Offered::of(&Value::Object(vec![("name".to_owned(), name)]));
        let settled = |offered: &[Offered]| {
            let mut schema = shipped("qga-7.2").unwrap().unwrap();
            let settled = settle_for_offered(&mut schema, offered);
            assert_eq!(schema.commands.len(), 1, "only what is listed by name is run");
            settled.absent
        };
        let info = || listed(Value::string("guest-info"));
        assert!(settled(&[info()]).contains(&"guest-ping".to_owned()));
        assert!(settled(&[info(), listed(Value::Null)]).is_empty());
    }

    #[test]
    fn an_agent_gets_the_newest_schema_that_is_not_newer_than_itself() {
        let newest = nearest_agent(None, None).unwrap();
        assert_eq!(nearest_agent(Some(Version::new(99, 0)), None).unwrap(), newest);
        let of_7_2 = shipped("qga-7.2").unwrap().unwrap();
        assert_eq!(nearest_agent(Version::parse("7.2.22"), None).unwrap(), of_7_2);
    }

    #[test]
    fn a_list_that_lacks_guest_info_itself_is_not_believed() {
        let listed = |name: &str| Offered { name: Some(name.to_owned()), enabled: true };
        let settled = |names: &[&str]| {
            let mut schema = shipped("qga-7.2").unwrap().unwrap();
            let offered: Vec<Offered> = names.iter().map(|name| listed(name)).collect();
            let Settled { absent, unknown } = settle_for_offered(&mut schema, &offered);
            (
                schema.commands.len() - least(Dialect::Qga).unwrap().commands.len(),
                absent.is_empty() && unknown.is_empty(),
            )
        };
        assert_eq!(settled(&[]), (0, true));
        assert_eq!(settled(&["guest_info", "guest-get-time"]), (1, true));
        let believed = ["guest-info", "guest-ping", "guest-sync", "guest-sync-delimited", "guest-get-time"];
        assert_eq!(settled(&believed), (1, false));
    }
}
