//! What a command returns: the truth where the protocol makes one, else something of the declared type.

use crate::bug::Call;
use crate::entropy;
use crate::host::{Host, World};
use arbitrary::Unstructured;
use qmprobe_check::conform::{Direction, conform};
use qmprobe_generate::{minimal_value, valid_value};
use qmprobe_schema::{Schema, TypeId, TypeKind};
use qmprobe_wire::Value;

/// Beginnings of the names of commands that only look.
const QUERIES: &[&str] = &[
    "query-",
    "x-query-",
    "x-debug-query-",
    "qom-list",
    "qom-get",
    "device-list-properties",
    "qmp_capabilities",
    "guest-get-",
    "guest-network-get-",
    "guest-info",
    "guest-ping",
    "guest-sync",
];

/// Tries to make a return value that is not empty: an empty list shows no client anything.
const TRIES: u64 = 4;

/// Whether the command only looks, so that it answers the same until something changes.
pub(crate) fn is_query(command: &str) -> bool {
    QUERIES.iter().any(|prefix| command.starts_with(prefix))
}

/// The return value of a command that is carried out.
pub(crate) fn value(host: &Host, world: &World, call: &Call<'_>) -> Value {
    let mut value = conforming(host, world, call);
    for bug in &host.config.bugs {
        (bug.hooks.returned)(&mut value, call);
    }
    value
}

fn conforming(host: &Host, world: &World, call: &Call<'_>) -> Value {
    let Some(ty) = call.command.returns else { return Value::Object(Vec::new()) };
    let fits = |value: &Value| conform(call.schema, ty, value, Direction::Out).is_empty();
    let name = call.command.name.as_str();
    if name == "query-qmp-schema" {
        return host.introspection().clone();
    }
    if let Some(truth) = truth(host, call).filter(fits) {
        return truth;
    }
    let count = if is_query(name) { world.changes } else { world.changes ^ (1 << 63) };
    let invented = invent(host, ty, name, count);
    if name == "query-status" {
        let told = with_status(invented.clone(), world.running);
        return if fits(&told) { told } else { invented };
    }
    invented
}

/// A value of type `ty`, the same for the same `name` and `count`.
pub(crate) fn invent(host: &Host, ty: TypeId, name: &str, count: u64) -> Value {
    let schema = &host.config.schema;
    let drawn = (0..TRIES).filter_map(|attempt| {
        let entropy = entropy::bytes(host.config.seed.wrapping_add(attempt), name, count);
        valid_value(schema, ty, &mut Unstructured::new(&entropy)).ok()
    });
    let mut last = None;
    for value in drawn {
        let empty = value.as_array().is_some_and(<[_]>::is_empty);
        if !empty {
            return value;
        }
        last = Some(value);
    }
    // A type without any finite value cannot be returned; no schema in use has one.
    last.or_else(|| minimal_value(schema, ty)).unwrap_or(Value::Null)
}

/// What the protocol itself says about some commands.
fn truth(host: &Host, call: &Call<'_>) -> Option<Value> {
    let commands = || host.config.schema.commands.iter();
    let name = |name: &str| ("name".to_owned(), Value::string(name));
    match call.command.name.as_str() {
        "query-version" => Some(host.version()),
        "query-commands" => {
            Some(Value::Array(commands().map(|one| Value::Object(vec![name(&one.name)])).collect()))
        }
        "guest-sync" | "guest-sync-delimited" => call.arguments?.get("id").cloned(),
        "guest-info" => {
            let response = lists_responses(&host.config.schema, call.command.returns);
            let listed = commands().map(|one| {
                let answers = ("success-response".to_owned(), Value::Bool(one.success_response));
                let mut listed = vec![("enabled".to_owned(), Value::Bool(true)), name(&one.name)];
                listed.extend(response.then_some(answers));
                Value::Object(listed)
            });
            Some(Value::Object(vec![
                ("version".to_owned(), Value::string(host.config.version.to_string())),
                ("supported_commands".to_owned(), Value::Array(listed.collect())),
            ]))
        }
        _ => None,
    }
}

/// Whether what guest-info returns has room for it: before 1.7 it had none.
fn lists_responses(schema: &Schema, returns: Option<TypeId>) -> bool {
    let info = returns.and_then(|returns| schema.object(returns));
    let listed =
        info.and_then(|info| info.member("supported_commands")).map(|listed| &schema.ty(listed.ty).kind);
    let Some(TypeKind::Array(one)) = listed else { return false };
    schema.object(*one).is_some_and(|one| one.member("success-response").is_some())
}

fn with_status(mut status: Value, running: bool) -> Value {
    if let Value::Object(members) = &mut status {
        for (name, value) in members {
            match name.as_str() {
                "running" => *value = Value::Bool(running),
                "status" => *value = Value::string(if running { "running" } else { "paused" }),
                _ => {}
            }
        }
    }
    status
}
