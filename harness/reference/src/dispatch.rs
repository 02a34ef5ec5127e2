//! From a parsed request to what is done with it: the checks of QEMU's dispatcher, one after the other.
//! Source: QEMU `qapi/qmp-dispatch.c:qmp_dispatch`, `monitor/qmp-cmds-control.c:qmp_qmp_capabilities`.

use crate::bug::{Call, Check, GENERIC, NOT_FOUND, Refusal, Session};
use crate::host::{Host, World};
use qmprobe_check::conform::{Mismatch, MismatchKind, conform_arguments};
use qmprobe_schema::Command;
use qmprobe_wire::{Dialect, Value};

/// Commands that need a file descriptor sent along. This peer takes none.
const DESCRIPTOR_COMMANDS: &[&str] = &["getfd", "add-fd"];

/// How a guest can be shut down. (QEMU `qga/commands-posix.c:qmp_guest_shutdown`)
const SHUTDOWN_MODES: &[&str] = &["halt", "powerdown", "reboot"];

/// What is done with a request that is not refused.
pub(crate) enum Action<'h> {
    /// The command is carried out.
    Run(&'h Command),
    /// Negotiation is complete.
    Negotiate {
        /// Whether out-of-band execution is on from now on.
        oob: bool,
    },
    /// Nothing: there is nothing to carry out, but a bug let it pass.
    Nothing,
}

/// The dispatcher of one request.
pub(crate) struct Dispatch<'h, 's> {
    pub host: &'h Host,
    pub session: &'s mut Session,
    pub world: &'s mut World,
}

/// The request as far as it is known to be in order.
#[derive(Clone, Copy)]
struct Envelope<'r> {
    name: &'r str,
    out_of_band: bool,
    arguments: Option<&'r Value>,
}

impl<'h> Dispatch<'h, '_> {
    /// What is done with `request`.
    ///
    /// # Errors
    /// The first check that it fails.
    pub fn decide(&mut self, request: &Value) -> Result<Action<'h>, Refusal> {
        let Some(members) = request.as_object() else {
            self.refuse(Check::Object, GENERIC, "a request is a JSON object".to_owned(), None)?;
            return Ok(Action::Nothing);
        };
        let Some(envelope) = self.envelope(request, members)? else { return Ok(Action::Nothing) };
        let name = envelope.name;
        if self.host.config.dialect == Dialect::Qmp {
            if name == "qmp_capabilities" {
                self.in_band_only(envelope, false)?;
                return self.negotiation(envelope);
            }
            if !self.session.negotiated {
                let desc = format!("qmp_capabilities comes before {name}");
                self.refuse(Check::Gate, NOT_FOUND, desc, Some(name))?;
            }
        }
        let Some(command) = self.find(name) else {
            self.refuse(Check::Unknown, NOT_FOUND, format!("there is no command {name}"), Some(name))?;
            return Ok(Action::Nothing);
        };
        self.in_band_only(envelope, command.allow_oob)?;
        self.conformance(command, envelope)?;
        if DESCRIPTOR_COMMANDS.contains(&name) {
            let desc = "no file descriptor came with it".to_owned();
            self.refuse(Check::Descriptor, GENERIC, desc, Some(name))?;
        }
        self.objections(command, envelope)?;
        Ok(Action::Run(command))
    }

    /// Refuses to run out of band what may not.
    fn in_band_only(&mut self, envelope: Envelope<'_>, allow_oob: bool) -> Result<(), Refusal> {
        if !envelope.out_of_band || allow_oob {
            return Ok(());
        }
        let desc = format!("{} cannot run out of band", envelope.name);
        self.refuse(Check::OobAllowed, GENERIC, desc, Some(envelope.name))
    }

    /// A request that is no JSON at all.
    pub fn malformed(&mut self, desc: String) -> Result<Action<'h>, Refusal> {
        self.refuse(Check::Json, GENERIC, desc, None)?;
        Ok(Action::Nothing)
    }

    /// Err, unless a bug lets the request pass.
    fn refuse(
        &mut self,
        check: Check,
        class: &'static str,
        desc: String,
        name: Option<&str>,
    ) -> Result<(), Refusal> {
        let known = name.is_some_and(|name| self.host.config.schema.command(name).is_some());
        let mut refusal = Refusal { check, class, desc, name: name.map(str::to_owned), known };
        let bugs = &self.host.config.bugs;
        let upheld =
            bugs.iter().all(|bug| (bug.hooks.upholds)(&mut refusal, &mut *self.session, &mut *self.world));
        if upheld { Err(refusal) } else { Ok(()) }
    }

    fn envelope<'r>(
        &mut self,
        request: &'r Value,
        members: &'r [(String, Value)],
    ) -> Result<Option<Envelope<'r>>, Refusal> {
        let (execute, exec_oob) = (request.get("execute"), request.get("exec-oob"));
        let name = execute.or(exec_oob).and_then(Value::as_str);
        for (member, value) in members {
            let (check, desc) = match (member.as_str(), value) {
                ("id", _) | ("arguments", Value::Object(_)) | ("execute", Value::String(_)) => continue,
                ("exec-oob", Value::String(_)) if self.session.oob => continue,
                ("exec-oob", _) if !self.session.oob => {
                    (Check::OobGate, "'exec-oob' is not enabled".to_owned())
                }
                ("execute" | "exec-oob", _) => (Check::Verb, format!("'{member}' takes a string")),
                ("arguments", _) => (Check::Arguments, "'arguments' takes an object".to_owned()),
                _ => (Check::Member, format!("a request has no member '{member}'")),
            };
            self.refuse(check, GENERIC, desc, name)?;
        }
        if execute.is_some() && exec_oob.is_some() {
            self.refuse(
                Check::Clash,
                GENERIC,
                "'execute' and 'exec-oob' exclude each other".to_owned(),
                name,
            )?;
        }
        if execute.is_none() && exec_oob.is_none() {
            self.refuse(Check::VerbMissing, GENERIC, "there is no 'execute'".to_owned(), None)?;
        }
        let arguments = request.get("arguments").filter(|arguments| arguments.as_object().is_some());
        // Where a bug lets 'exec-oob' pass that is not enabled, it does the same as 'execute'.
        let out_of_band = execute.is_none() && self.session.oob;
        Ok(name.map(|name| Envelope { name, out_of_band, arguments }))
    }

    fn find(&self, name: &str) -> Option<&'h Command> {
        let schema = &self.host.config.schema;
        let mistaken = |command: &&Command| {
            self.host.config.bugs.iter().any(|bug| (bug.hooks.same_name)(name, &command.name))
        };
        schema.command(name).or_else(|| schema.commands.iter().find(mistaken))
    }

    fn conformance(&mut self, command: &Command, envelope: Envelope<'_>) -> Result<(), Refusal> {
        if !command.marshalled {
            return Ok(());
        }
        let bugs = &self.host.config.bugs;
        let overlooked =
            |mismatch: &Mismatch| bugs.iter().any(|bug| (bug.hooks.overlooks)(&command.name, mismatch));
        let mismatches = conform_arguments(&self.host.config.schema, command.arguments, envelope.arguments);
        let Some(first) = mismatches.iter().find(|mismatch| !overlooked(mismatch)) else { return Ok(()) };
        let Mismatch { value_path, expected, actual, .. } = first;
        let desc = format!("argument '{value_path}' is {actual}, not {expected}");
        self.refuse(Check::Conformance(first.kind), GENERIC, desc, Some(&command.name))
    }

    fn objections(&mut self, command: &Command, envelope: Envelope<'_>) -> Result<(), Refusal> {
        let mode = envelope.arguments.and_then(|arguments| arguments.get("mode")?.as_str());
        if command.name == "guest-shutdown" && mode.is_some_and(|mode| !SHUTDOWN_MODES.contains(&mode)) {
            let desc = "there is no such mode".to_owned();
            self.refuse(Check::Semantics, GENERIC, desc, Some(&command.name))?;
        }
        let call = Call { schema: &self.host.config.schema, command, arguments: envelope.arguments };
        self.host.config.bugs.iter().find_map(|bug| (bug.hooks.objects)(&call)).map_or(Ok(()), Err)
    }

    /// `qmp_capabilities`: the arguments are looked at before the mode, and nothing is enabled by half.
    fn negotiation(&mut self, envelope: Envelope<'_>) -> Result<Action<'h>, Refusal> {
        let name = Some(envelope.name);
        let command = self.host.config.schema.command(envelope.name);
        match command {
            Some(command) => self.conformance(command, envelope)?,
            None if !envelope.arguments.is_none_or(only_enables) => {
                let check = Check::Conformance(MismatchKind::Undeclared);
                self.refuse(check, GENERIC, "qmp_capabilities takes only 'enable'".to_owned(), name)?;
            }
            None => {}
        }
        if self.session.has_negotiated {
            self.refuse(Check::Once, NOT_FOUND, "negotiation is over".to_owned(), name)?;
            return Ok(Action::Nothing);
        }
        let enabled = envelope.arguments.and_then(|arguments| arguments.get("enable")?.as_array());
        let oob = enabled.is_some_and(|enabled| enabled.iter().any(|one| one.as_str() == Some("oob")));
        if oob && !self.host.offers_oob {
            self.refuse(Check::Capability, GENERIC, "oob was not offered".to_owned(), name)?;
        }
        if let Some(command) = command {
            self.objections(command, envelope)?;
        }
        Ok(Action::Negotiate { oob })
    }
}

/// Whether these are arguments of a `qmp_capabilities` that no schema declares.
fn only_enables(arguments: &Value) -> bool {
    let names =
        |value: &Value| value.as_array().is_some_and(|all| all.iter().all(|one| one.as_str().is_some()));
    arguments.as_object().is_some_and(|all| all.iter().all(|(name, value)| name == "enable" && names(value)))
}
