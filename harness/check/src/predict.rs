//! From the bytes that were sent to the replies that a conforming peer may give: QEMU's dispatcher as a pure
//! function. Source: QEMU `qapi/qmp-dispatch.c:qmp_dispatch`, `monitor/qmp.c`, and the order of checks there.

use crate::conform::{Mismatch, MismatchKind, conform_arguments};
use qmprobe_schema::{Command, Schema};
use qmprobe_wire::automaton::Outcome;
use qmprobe_wire::{Dialect, SessionState, Value, Version};

/// A set of acceptable kinds of answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted(pub u8);

impl Accepted {
    /// A `return`.
    pub const RETURN: Accepted = Accepted(1);
    /// An error of class GenericError.
    pub const GENERIC: Accepted = Accepted(2);
    /// An error of class CommandNotFound.
    pub const NOT_FOUND: Accepted = Accepted(4);
    /// An error of class DeviceNotActive, DeviceNotFound or KVMMissingCap.
    pub const DEVICE: Accepted = Accepted(8);
    /// No reply at all.
    pub const NOTHING: Accepted = Accepted(16);
    /// An error of whatever class.
    pub const ANY_ERROR: Accepted = Accepted::GENERIC.or(Accepted::NOT_FOUND).or(Accepted::DEVICE);

    /// Whether all of `other` is within the set.
    pub const fn has(self, other: Accepted) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    pub const fn or(self, other: Accepted) -> Accepted {
        Accepted(self.0 | other.0)
    }

    /// The set in words, one entry per acceptable kind.
    pub fn describe(self) -> Vec<String> {
        let words = [
            (Accepted::RETURN, "return"),
            (Accepted::GENERIC, "error of class GenericError"),
            (Accepted::NOT_FOUND, "error of class CommandNotFound"),
            (Accepted::DEVICE, "error of class DeviceNotFound, DeviceNotActive or KVMMissingCap"),
            (Accepted::NOTHING, "no reply"),
        ];
        words.iter().filter(|(kind, _)| self.has(*kind)).map(|(_, word)| (*word).to_owned()).collect()
    }
}

/// What must answer one outcome of the input.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The acceptable kinds of answer.
    pub accepted: Accepted,
    /// The id that the answer must carry; `None` is no `id` member.
    pub id: Option<Value>,
    /// Whether an error without that id is as good: another parser than QEMU's may not have read the request.
    pub id_is_optional: bool,
    /// The slug of the rule at whose door a deviation in kind or class is laid.
    pub rule: &'static str,
    /// The command that the input names, if it names one.
    pub command: Option<String>,
    /// Whether the answer is made out of band, errors included: it may overtake those of other requests.
    pub out_of_band: bool,
    /// Whether the command says nothing when it succeeds.
    pub is_silent: bool,
    /// Whether the input was no value at all, but an error of the JSON layer.
    pub json_error: bool,
    /// Why, in words: `'id' is a mandatory argument of device_del`.
    pub because: String,
    /// The path into the schema that decides, or empty.
    pub schema_path: String,
    /// The session state after a conforming peer has answered.
    pub next: SessionState,
}

/// Commands that every implementation must be able to carry out at any time.
const BASIC_COMMANDS: &[&str] = &[
    "query-version",
    "query-commands",
    "query-qmp-schema",
    "query-name",
    "query-status",
    "guest-ping",
    "guest-info",
    "guest-sync",
    "guest-sync-delimited",
];

/// Commands that need a file descriptor sent along, and refuse without one.
const DESCRIPTOR_COMMANDS: &[&str] = &["getfd", "add-fd"];

/// What a conforming peer must answer to one outcome of its input, in the given state.
pub fn predict(
    schema: &Schema,
    version: Option<Version>,
    state: SessionState,
    outcome: &Outcome,
) -> Expectation {
    match outcome {
        Outcome::Error { desc, .. } => {
            let mut expectation = expect(state, Accepted::GENERIC, "json-error-answered", desc.to_string());
            expectation.json_error = true;
            if state.dialect == Dialect::Qga {
                // QEMU's own test calls garbage at the agent an open question, and silence resynchronises as well: what is
                // owed all the same, json-error-answered says.
                expectation.accepted = Accepted::GENERIC.or(Accepted::NOTHING);
            }
            laid_before_negotiation(expectation, state)
        }
        Outcome::Value { value, .. } => predict_value(schema, version, state, value),
    }
}

/// What a conforming peer must answer to the outcomes of one write, from the given state on.
///
/// Of errors of the JSON layer in a row only the first must be answered. How many QEMU's parser makes of one
/// malformed text follows from how it resynchronises, which no specification says: a server that skips to the
/// end of the line makes one.
pub fn predict_all(
    schema: &Schema,
    version: Option<Version>,
    mut state: SessionState,
    outcomes: &[Outcome],
) -> Vec<Expectation> {
    let mut expectations: Vec<Expectation> = Vec::with_capacity(outcomes.len());
    for outcome in outcomes {
        let mut expectation = predict(schema, version, state, outcome);
        if expectation.json_error && expectations.last().is_some_and(|before| before.json_error) {
            expectation.accepted = expectation.accepted.or(Accepted::NOTHING);
        }
        state = expectation.next;
        expectations.push(expectation);
    }
    expectations
}

fn expect(
    state: SessionState,
    accepted: Accepted,
    rule: &'static str,
    because: impl Into<String>,
) -> Expectation {
    Expectation {
        accepted,
        id: None,
        id_is_optional: false,
        rule,
        command: None,
        out_of_band: false,
        is_silent: false,
        json_error: false,
        because: because.into(),
        schema_path: String::new(),
        next: state,
    }
}

/// Malformed input is refused alike before and after negotiation; before, a deviation is that rule's affair.
fn laid_before_negotiation(mut expectation: Expectation, state: SessionState) -> Expectation {
    if !state.negotiated && expectation.rule != "negotiation-atomic" {
        expectation.rule = "negotiation-malformed";
    }
    expectation
}

fn predict_value(
    schema: &Schema,
    version: Option<Version>,
    state: SessionState,
    value: &Value,
) -> Expectation {
    let Some(members) = value.as_object() else {
        let because = format!("the input is {} and no object", value.json_type());
        return laid_before_negotiation(expect(state, Accepted::GENERIC, "envelope-object", because), state);
    };
    let verb = if value.get("execute").is_some() { "execute" } else { "exec-oob" };
    let command = value.get(verb).and_then(Value::as_str);
    let mut expectation = match envelope_defect(state, value, members) {
        Some((rule, because)) => {
            let unknown = command.is_some_and(|name| schema.command(name).is_none());
            let gated = matches!(rule, "oob-gate" | "negotiation-atomic");
            let rule = if unknown && !gated { "envelope-order" } else { rule };
            laid_before_negotiation(expect(state, Accepted::GENERIC, rule, because), state)
        }
        None => predict_command(schema, version, state, command.unwrap_or_default(), verb, value),
    };
    expectation.id = value.get("id").cloned();
    expectation.command = command.map(str::to_owned);
    // QEMU monitor/qmp.c:qmp_is_oob asks for nothing more.
    expectation.out_of_band = state.oob && verb == "exec-oob" && value.get(verb).is_some();
    expectation
}

/// The first defect of the envelope, as (rule, why).
fn envelope_defect(
    state: SessionState,
    value: &Value,
    members: &[(String, Value)],
) -> Option<(&'static str, String)> {
    for (name, member) in members {
        match name.as_str() {
            "id" => {}
            "execute" => {
                if member.as_str().is_none() {
                    return Some(("envelope-execute", format!("'execute' is {}", member.json_type())));
                }
            }
            "exec-oob" if state.oob => {
                if member.as_str().is_none() {
                    return Some(("envelope-execute", format!("'exec-oob' is {}", member.json_type())));
                }
            }
            "exec-oob" => {
                let rule = if state.enable_refused { "negotiation-atomic" } else { "oob-gate" };
                return Some((rule, "'exec-oob' without the capability oob".to_owned()));
            }
            "arguments" => {
                if member.as_object().is_none() {
                    return Some(("envelope-arguments", format!("'arguments' is {}", member.json_type())));
                }
            }
            other => return Some(("envelope-members", format!("the member '{other}' does not exist"))),
        }
    }
    match (value.get("execute"), value.get("exec-oob")) {
        (None, None) => Some(("envelope-execute", "there is no 'execute'".to_owned())),
        (Some(_), Some(_)) => Some(("envelope-members", "'execute' and 'exec-oob' together".to_owned())),
        _ => None,
    }
}

fn predict_command(
    schema: &Schema,
    version: Option<Version>,
    state: SessionState,
    name: &str,
    verb: &str,
    value: &Value,
) -> Expectation {
    let out_of_band = verb == "exec-oob";
    if name == "qmp_capabilities" && state.dialect == Dialect::Qmp && !out_of_band {
        return predict_negotiation(schema, state, value.get("arguments"));
    }
    if !state.negotiated {
        let rule = if state.enable_refused { "negotiation-atomic" } else { "negotiation-gate" };
        return expect(state, Accepted::NOT_FOUND, rule, format!("{name} comes before negotiation"));
    }
    let Some(command) = schema.command(name) else {
        if schema.partial {
            return expect(state, Accepted(0x1F), "command-not-found", "the schema is cut");
        }
        // Only where out-of-band execution is enabled is the command looked up.
        let rule = if verb == "exec-oob" { "oob-gate" } else { "command-not-found" };
        return expect(state, Accepted::NOT_FOUND, rule, format!("there is no command '{name}'"));
    };
    if out_of_band && !command.allow_oob {
        let because = format!("{name} may not run out of band");
        return expect(state, Accepted::GENERIC, "oob-allowed", because);
    }
    predict_arguments(schema, version, state, command, value.get("arguments"))
}

fn predict_arguments(
    schema: &Schema,
    version: Option<Version>,
    state: SessionState,
    command: &Command,
    arguments: Option<&Value>,
) -> Expectation {
    let name = &command.name;
    let semantic = Accepted::RETURN.or(Accepted::GENERIC).or(Accepted::DEVICE);
    if !binds(command, version) {
        return expect(state, semantic, "declared-command", format!("{name} checks its own arguments"));
    }
    let mismatches = conform_arguments(schema, command.arguments, arguments);
    if let Some(first) = mismatches.first() {
        let mut expectation = expect(state, Accepted::GENERIC, arguments_rule(first.kind), why(name, first));
        expectation.schema_path = schema_path(name, &first.schema_path);
        expectation.is_silent = !command.success_response;
        return expectation;
    }
    if !command.success_response {
        let accepted = Accepted::NOTHING.or(Accepted::GENERIC);
        return expect(state, accepted, "silent-success", format!("{name} does not answer on success"));
    }
    if DESCRIPTOR_COMMANDS.contains(&name.as_str()) {
        return expect(state, Accepted::GENERIC, "descriptor-required", "no descriptor was sent along");
    }
    if BASIC_COMMANDS.contains(&name.as_str()) {
        let spelt_out = arguments.and_then(Value::as_object).is_some_and(<[_]>::is_empty);
        let rule = if spelt_out { "envelope-arguments" } else { "basic-commands" };
        return expect(state, Accepted::RETURN, rule, format!("{name} cannot fail"));
    }
    // A peer may know that such an integer is out of range, where introspection only says that it is one.
    let rule = if arguments.is_some_and(has_odd_integer) { "arguments-range" } else { "declared-command" };
    expect(state, semantic, rule, format!("the arguments of {name} conform"))
}

fn predict_negotiation(schema: &Schema, state: SessionState, arguments: Option<&Value>) -> Expectation {
    let declared = schema.command("qmp_capabilities");
    let mismatches = match declared {
        Some(command) => conform_arguments(schema, command.arguments, arguments),
        None => Vec::new(),
    };
    // Schemas before 2.8 and parts of one do not declare it, and yet it never took anything else.
    let members = arguments.and_then(Value::as_object).unwrap_or_default();
    let strings =
        |value: &Value| value.as_array().is_some_and(|all| all.iter().all(|one| one.as_str().is_some()));
    if declared.is_none() && members.iter().any(|(name, value)| name != "enable" || !strings(value)) {
        let because = "qmp_capabilities takes nothing but the capabilities to enable";
        let mut expectation = expect(state, Accepted::GENERIC, "negotiation-arguments", because);
        expectation.next.enable_refused = true;
        return expectation;
    }
    if let Some(first) = mismatches.first() {
        let because = why("qmp_capabilities", first);
        let mut expectation = expect(state, Accepted::GENERIC, "negotiation-arguments", because);
        expectation.schema_path = schema_path("qmp_capabilities", &first.schema_path);
        expectation.next.enable_refused = true;
        return expectation;
    }
    let enabled = arguments.and_then(|arguments| arguments.get("enable")).and_then(Value::as_array);
    let wants_oob = enabled.is_some_and(|enabled| enabled.iter().any(|one| one.as_str() == Some("oob")));
    if state.negotiated {
        // Which of two defects is told is open.
        let refused = if wants_oob && !state.oob_offered { Accepted::GENERIC } else { Accepted::NOT_FOUND };
        let accepted = refused.or(Accepted::NOT_FOUND);
        return expect(state, accepted, "negotiation-once", "negotiation is already complete");
    }
    if wants_oob && !state.oob_offered {
        let because = "the capability oob was not offered";
        let mut expectation = expect(state, Accepted::GENERIC, "negotiation-arguments", because);
        expectation.next.enable_refused = true;
        return expectation;
    }
    let mut expectation =
        expect(state, Accepted::RETURN, "negotiation-succeeds", "these capabilities are offered");
    expectation.next.negotiated = true;
    expectation.next.oob = wants_oob;
    expectation
}

/// Whether generated code checks the arguments before the handler runs.
/// `object-add` and `netdev_add` were hand-written with free-form members until 6.0
/// (`qapi/qom.json`, `qapi/net.json`: gen false).
fn binds(command: &Command, version: Option<Version>) -> bool {
    let hand_written_once = matches!(command.name.as_str(), "object-add" | "netdev_add");
    command.marshalled && !(hand_written_once && version.is_some_and(|version| version < Version::new(6, 0)))
}

/// Whether an integer beyond int64 stands in a value. The value is ours: it is no deeper than what we send.
/// Whether there is an integer that not every kind of integer can be.
fn has_odd_integer(value: &Value) -> bool {
    match value {
        Value::Number(number) => {
            number.as_integer().is_some_and(|integer| !(0..=i128::from(i32::MAX)).contains(&integer))
        }
        Value::Array(elements) => elements.iter().any(has_odd_integer),
        Value::Object(members) => members.iter().any(|(_, value)| has_odd_integer(value)),
        _ => false,
    }
}

fn arguments_rule(kind: MismatchKind) -> &'static str {
    match kind {
        MismatchKind::Missing => "arguments-required",
        MismatchKind::Undeclared => "arguments-unknown",
        MismatchKind::Type => "arguments-type",
        MismatchKind::Null => "arguments-null",
        MismatchKind::Coercion => "arguments-coercion",
        MismatchKind::Range => "arguments-range",
        MismatchKind::EnumValue => "arguments-enum",
    }
}

fn why(command: &str, mismatch: &Mismatch) -> String {
    let Mismatch { value_path, expected, actual, .. } = mismatch;
    format!("argument '{value_path}' of {command}: {actual} where {expected} is due")
}

fn schema_path(command: &str, path: &str) -> String {
    if path.is_empty() { format!("{command}.arguments") } else { format!("{command}.arguments.{path}") }
}
