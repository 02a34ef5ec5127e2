//! Every statement of the protocols in a sentence, and where it is shown: by which rules and scenarios, or why by
//! none. A statements of monitors, B those of agents.

/// What one statement says.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Its short name: `A21`.
    pub id: &'static str,
    /// What a conforming peer does, in one sentence.
    pub says: &'static str,
    /// Where that is written, or which part of QEMU does it.
    pub source: &'static str,
    /// What holds a peer to it.
    pub shown: Shown,
}

/// What holds a peer to a statement.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// Rules by their slugs, and scenarios by their paths (`qmp/oob/oob-is-offered`).
    By(&'static [&'static str]),
    /// Nothing does, for this reason.
    Not(&'static str),
}

impl Statement {
    /// The rules and scenarios that show it.
    pub fn shown_by(&self) -> &'static [&'static str] {
        match self.shown {
            Shown::By(names) => names,
            Shown::Not(_) => &[],
        }
    }
}

const fn of(id: &'static str, says: &'static str, source: &'static str, shown: Shown) -> Statement {
    Statement { id, says, source, shown }
}

/// The statement with this short name.
pub fn find(id: &str) -> Option<&'static Statement> {
    STATEMENTS.iter().find(|statement| statement.id.eq_ignore_ascii_case(id))
}

/// All statements, in the order of the protocols' parts.
#[rustfmt::skip]
pub static STATEMENTS: &[Statement] = &[
    of("A1", "A connection begins with one greeting: version, package, capabilities, and nothing else.", "QEMU monitor/qmp.c:qmp_greeting", Shown::By(&["greeting-first", "greeting-shape", "greeting-version-agrees", "qmp/session/the-greeting-comes-first", "qmp/session/the-greeting-agrees-with-query-version"])),
    of("A2", "The greeting comes even while another session's command runs.", "QEMU monitor/qmp.c:monitor_qmp_event", Shown::By(&["qmp/session/the-greeting-comes-while-a-command-runs"])),
    of("A3", "Before negotiation any command but qmp_capabilities is answered with CommandNotFound and the id.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch", Shown::By(&["negotiation-gate", "qmp/session/commands-wait-for-negotiation"])),
    of("A4", "Malformed input is refused before negotiation as after it, and changes no mode.", "QEMU monitor/qmp.c:handle_qmp_command", Shown::By(&["negotiation-malformed", "qmp/session/malformed-input-changes-no-mode"])),
    of("A5", "A qmp_capabilities with wrong arguments is a GenericError and negotiates nothing.", "QEMU monitor/qmp-cmds-control.c:qmp_caps_accept", Shown::By(&["negotiation-arguments", "qmp/session/a-refused-negotiation-is-none"])),
    of("A6", "Capabilities are enabled all or none.", "QEMU monitor/qmp-cmds-control.c:qmp_caps_accept", Shown::By(&["negotiation-atomic", "qmp/session/one-unknown-capability-spoils-the-others"])),
    of("A7", "Negotiation succeeds with an empty object, and once only.", "QEMU monitor/qmp-cmds-control.c:qmp_qmp_capabilities", Shown::By(&["negotiation-succeeds", "negotiation-once", "qmp/session/negotiation-is-done-once"])),
    of("A8", "The mode belongs to the connection: the next one is greeted and negotiates anew.", "QEMU monitor/qmp.c:monitor_qmp_event", Shown::By(&["negotiation-per-connection", "qmp/session/each-connection-negotiates-anew", "qmp/session/oob-ends-with-its-connection"])),
    of("A9", "No event comes before negotiation, whatever other monitors are told.", "QEMU monitor/monitor.c:monitor_qapi_event_emit", Shown::By(&["event-gate", "qmp/event/no-event-comes-before-negotiation"])),
    of("A10", "Commands may follow qmp_capabilities in one write, before the greeting is read.", "QEMU monitor/qmp.c:monitor_qmp_dispatcher_co", Shown::By(&["qmp/session/negotiation-may-be-pipelined", "qmp/session/oob-is-on-for-the-very-next-command"])),
    of("A11", "With --preconfig only what allows it runs before the machine is made.", "QEMU qapi/qmp-dispatch.c:qmp_command_available", Shown::By(&["qmp/workflow/preconfig"])),
    of("A12", "The envelope is checked before the command is looked up, and that before its arguments.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch", Shown::By(&["envelope-order", "qmp/envelope/the-envelope-comes-before-the-command"])),
    of("A13", "What is no object is a GenericError; there are no batches.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch", Shown::By(&["envelope-object", "qmp/envelope/only-an-object-is-a-command"])),
    of("A14", "Without 'execute' there is a GenericError, with the id.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj", Shown::By(&["envelope-execute", "qmp/envelope/a-command-names-itself"])),
    of("A15", "The name of a command is a string.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj", Shown::By(&["envelope-execute", "qmp/envelope/the-name-of-a-command-is-a-string"])),
    of("A16", "'arguments' is an object; an empty one is as good as none.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj", Shown::By(&["envelope-arguments", "qmp/envelope/arguments-are-an-object", "qmp/envelope/no-arguments-may-be-spelt-out"])),
    of("A17", "No other member is taken.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj", Shown::By(&["envelope-members", "qmp/envelope/no-other-member-is-taken"])),
    of("A18", "Names of commands count letter by letter; an unknown one is CommandNotFound.", "QEMU qapi/qmp-registry.c:qmp_find_command", Shown::By(&["command-not-found", "qmp/envelope/names-of-commands-count-letter-by-letter", "qmp/envelope/a-key-may-be-spelt-with-escapes"])),
    of("A19", "'execute' and 'exec-oob' do not stand together.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj", Shown::By(&["envelope-members", "oob-gate", "qmp/envelope/a-command-runs-in-band-or-out-of-band"])),
    of("A20", "An id of any type comes back as the same value; without one there is none.", "QMP specification, Issuing Commands", Shown::By(&["reply-id-echo", "qmp/reply/an-id-of-any-type-comes-back", "qmp/reply/without-an-id-there-is-none"])),
    of("A21", "An error of the JSON layer carries no id.", "QMP specification, Error; monitor/qmp.c:handle_qmp_command", Shown::By(&["json-error-no-id", "qmp/reply/an-error-of-the-json-layer-has-no-id"])),
    of("A22", "Numbers come back by value: integers from -2^63 to 2^64-1 exactly, all others as doubles.", "QEMU qobject/qnum.c", Shown::By(&["reply-id-echo", "qmp/reply/doubles-come-back-whole"])),
    of("A23", "What comes is JSON, whatever was sent: a number beyond the doubles is not echoed as inf.", "QMP specification, General Definitions; qobject/json-writer.c:json_writer_double", Shown::By(&["output-strict-json", "qmp/reply/an-endless-number-is-still-json"])),
    of("A24", "Strings come back by code point, in ASCII.", "QEMU qobject/json-writer.c:quoted_str", Shown::By(&["reply-id-echo", "output-ascii"])),
    of("A25", "The order of members means nothing.", "RFC 8259, section 4", Shown::Not("every comparison of values disregards it (`wire::Value`), so that no peer can break it")),
    of("A26", "A missing, unknown or mistyped argument, a number out of range or an unknown enumeration value is a GenericError.", "QEMU qapi/qobject-input-visitor.c", Shown::By(&["arguments-required", "arguments-unknown", "arguments-type", "arguments-range", "arguments-enum", "qmp/envelope/mandatory-arguments-must-be-there"])),
    of("A27", "Nothing is coerced: not strings, not booleans, not null.", "QEMU qapi/qobject-input-visitor.c", Shown::By(&["arguments-coercion", "arguments-null", "qmp/envelope/no-argument-is-coerced", "qmp/envelope/null-is-not-absent"])),
    of("A28", "A token with fraction or exponent is no integer.", "QEMU qapi/qobject-input-visitor.c:qobject_input_type_int64", Shown::By(&["arguments-type"])),
    of("A29", "A uint64 takes what an int64 takes as well.", "QEMU qapi/qobject-input-visitor.c:qobject_input_type_uint64", Shown::Not("backward compatibility of QEMU's own, and not promised: a negative number is neither demanded nor held against a peer")),
    of("A30", "A number takes integers and doubles.", "QEMU qapi/qobject-input-visitor.c:qobject_input_type_number", Shown::By(&["declared-command"])),
    of("A31", "Values of an enumeration are exact; an alternate is chosen by the type of the value.", "QEMU qapi/qobject-input-visitor.c", Shown::By(&["arguments-enum", "arguments-type", "qmp/envelope/values-of-an-enumeration-are-exact"])),
    of("A32", "A refused command has changed nothing, and no input ends the peer.", "QMP specification, Compatibility Considerations", Shown::By(&["refused-changes-nothing", "arguments-refused", "no-leak", "peer-survives", "qmp/envelope/a-refused-command-changes-nothing"])),
    of("A33", "What a command returns conforms to its declared type.", "QEMU docs/devel/qapi-code-gen, Client JSON Protocol introspection", Shown::By(&["return-empty", "return-required", "return-undeclared", "return-type", "return-enum", "return-range", "qmp/reply/what-returns-nothing-returns-an-empty-object"])),
    of("A34", "query-commands and the schema tell the same commands.", "QEMU monitor/qmp-cmds-control.c:qmp_query_commands", Shown::By(&["commands-agree", "schema-agrees", "declared-command", "basic-commands", "qmp/reply/commands-and-schema-agree"])),
    of("A35", "A command that needs a descriptor refuses without one.", "QEMU monitor/fds.c:qmp_getfd", Shown::By(&["descriptor-required", "qmp/envelope/a-descriptor-must-be-sent-along", "qmp/workflow/a-descriptor-by-name"])),
    of("A36", "An unknown human command is a success whose text says so.", "QEMU monitor/qmp-cmds.c:qmp_human_monitor_command", Shown::By(&["qmp/workflow/a-human-command-in-a-json-one"])),
    of("A37", "-compat changes what is refused and what is hidden.", "QEMU qapi/qmp-dispatch.c:compat_policy_input_ok", Shown::By(&["qmp/workflow/what-is-deprecated-can-be-refused-and-hidden"])),
    of("A38", "An error has a class of the known five and a text, and nothing else.", "QEMU qapi/error.json", Shown::By(&["error-shape", "error-class"])),
    of("A39", "A message has one of QMP, return, error and event.", "QMP specification", Shown::By(&["reply-shape"])),
    of("A40", "A bracket that does not fit, or a lone mark, is one error.", "QEMU qobject/json-streamer.c", Shown::By(&["json-error-answered", "stream-predicted", "qmp/reply/one-error-for-one-broken-text"])),
    of("A41", "What stands beside a whole text is an error of its own.", "QEMU qobject/json-streamer.c", Shown::By(&["stream-predicted", "qmp/reply/a-bracket-too-many-is-an-error-of-its-own"])),
    of("A42", "Scalars are texts; a number ends only with the byte after it.", "QEMU qobject/json-lexer.c", Shown::By(&["stream-predicted"])),
    of("A43", "A newline ends no command.", "QEMU qobject/json-lexer.c", Shown::By(&["stream-predicted", "qmp/reply/a-newline-ends-no-command"])),
    of("A44", "A control character, 0xFE or 0xFF is one error and resynchronises.", "QEMU qobject/json-lexer.c", Shown::By(&["json-error-answered", "stream-predicted", "qmp/reply/a-stray-byte-resynchronises"])),
    of("A45", "After an error within a text its closing brackets are errors again.", "QEMU qobject/json-lexer.c", Shown::By(&["stream-predicted"])),
    of("A46", "Escapes, surrogates and UTF-8 are checked; U+0000 may be escaped.", "QEMU qobject/json-parser.c:parse_string", Shown::By(&["stream-predicted", "reply-id-echo"])),
    of("A47", "Single quotes are quotes; a name twice in an object is an error.", "QEMU qobject/json-parser.c", Shown::By(&["stream-predicted", "json-error-answered", "json-leniency", "qmp/reply/single-quotes-are-quotes"])),
    of("A48", "White space alone is answered with nothing.", "QEMU qobject/json-lexer.c", Shown::By(&["one-reply", "qmp/reply/white-space-is-no-command"])),
    of("A49", "Nesting has a limit of 1024 levels.", "QEMU qobject/json-streamer.c", Shown::By(&["stream-predicted"])),
    of("A50", "A text has limits of 64 MiB and 2097152 tokens.", "QEMU qobject/json-streamer.c", Shown::Not("a monitor reads 300 kB/s; the recorded corpus and the automaton's own tests hold the limits to an agent")),
    of("A51", "A reply may repeat a whole token of what was sent.", "QEMU qobject/json-parser.c:parse_error", Shown::By(&["output-bounded"])),
    of("A52", "Text of the host that is no UTF-8 comes out as U+FFFD.", "QEMU qobject/json-writer.c", Shown::By(&["output-ascii"])),
    of("A53", "In-band replies keep the order of their commands, errors included.", "QMP specification, Issuing Commands; monitor/qmp.c:monitor_qmp_dispatcher_co", Shown::By(&["reply-order", "one-reply", "qmp/reply/commands-are-answered-in-their-order"])),
    of("A54", "exec-oob needs the capability.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch_check_obj", Shown::By(&["oob-gate", "qmp/oob/exec-oob-needs-oob"])),
    of("A55", "Only what is declared so runs out of band.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch", Shown::By(&["oob-allowed", "qmp/oob/only-what-allows-it-runs-out-of-band"])),
    of("A56", "What may run out of band may run in band as well, and an id is not demanded.", "QMP specification, Out-of-band execution", Shown::By(&["qmp/oob/an-oob-command-runs-in-band-too"])),
    of("A57", "Answers out of band overtake, errors included.", "QEMU monitor/qmp.c:handle_qmp_command", Shown::By(&["reply-order", "stream-predicted", "qmp/oob/an-oob-command-overtakes", "qmp/oob/errors-of-oob-commands-overtake-too", "qmp/oob/an-envelope-error-stays-in-band"])),
    of("A58", "With eight requests waiting the server stops reading, and loses nothing.", "QEMU monitor/qmp.c:handle_qmp_command", Shown::By(&["qmp/oob/seven-may-wait", "qmp/oob/with-eight-waiting-the-server-stops-reading", "qmp/oob/errors-take-a-place-in-the-queue"])),
    of("A59", "A monitor reads byte by byte.", "QEMU monitor/monitor.c:monitor_can_read", Shown::Not("how fast a server reads is not promised; the waits of every case grow with the bytes sent")),
    of("A60", "Output is not held back from a client that does not read.", "QEMU monitor/monitor.c:monitor_puts", Shown::By(&["one-reply", "output-bounded", "qmp/reply/what-is-read-late-is-not-lost", "qmp/reply/what-nobody-reads-costs-little-more-than-it-is-long"])),
    of("A61", "A command that blocks keeps in-band commands of all monitors waiting, not greetings and not what is out of band.", "QEMU monitor/qmp.c:monitor_qmp_dispatcher_co", Shown::By(&["qmp/oob/the-other-monitor-waits-as-well", "qmp/session/the-greeting-comes-while-a-command-runs"])),
    of("A61b", "More errors than the queue has places for do not end the peer.", "QEMU monitor/qmp.c:handle_qmp_command", Shown::By(&["peer-survives", "qmp/oob/two-errors-of-one-byte-fill-the-queue"])),
    of("A62", "A second client of a socket waits until the first has left.", "QEMU chardev/char-socket.c", Shown::By(&["qmp/session/a-second-client-waits-its-turn"])),
    of("A63", "Half a command, and commands that are queued, die with their connection.", "QEMU monitor/qmp.c:monitor_qmp_cleanup_queue_and_resume", Shown::By(&["qmp/session/half-a-command-dies-with-its-connection", "qmp/oob/a-queue-dies-with-its-connection"])),
    of("A64", "Nobody gets the reply to another client's command.", "QEMU monitor/qmp.c:monitor_qmp_dispatch", Shown::By(&["no-foreign-reply", "qmp/session/a-reply-goes-to-its-own-client-only"])),
    of("A65", "A half-closed connection gets its reply and ends; a client may leave without reading.", "QEMU chardev/char-socket.c", Shown::By(&["one-reply", "half-close-ends", "qmp/session/a-half-closed-connection-still-gets-its-reply", "qmp/session/a-client-may-leave-without-reading"])),
    of("A66", "The end of standard input does not end QEMU.", "QEMU chardev/char-fd.c", Shown::By(&["peer-survives", "qmp/session/the-end-of-standard-input-ends-nothing"])),
    of("A67", "quit is answered before the connection closes, and ends the peer with status 0.", "QEMU monitor/qmp-cmds.c:qmp_quit", Shown::By(&["qmp/workflow/quit", "qmp/workflow/quit-of-a-storage-daemon"])),
    of("A68", "A reply may be spread over lines.", "QEMU monitor/qmp.c:qmp_send_response", Shown::By(&["output-framing", "qmp/reply/a-pretty-reply-is-spread-over-lines"])),
    of("A69", "An event has its name, its time and its declared data, and nothing else.", "QMP specification, Asynchronous events", Shown::By(&["event-shape", "event-declared", "event-data"])),
    of("A70", "An event splits no other message.", "QEMU monitor/qmp.c:qmp_send_response", Shown::By(&["output-framing"])),
    of("A71", "Every negotiated monitor hears an event.", "QEMU monitor/monitor.c:monitor_qapi_event_emit", Shown::By(&["qmp/event/every-monitor-hears-an-event"])),
    of("A72", "Some events come once a second at most.", "QEMU monitor/monitor.c:monitor_qapi_event_conf", Shown::By(&["event-rate"])),
    of("A73", "Lines end with CR LF, those of an agent with LF.", "QMP specification, General Definitions; qga/main.c:send_response", Shown::By(&["line-end"])),
    of("B1", "An agent does not greet and has nothing to negotiate.", "QEMU qga/main.c", Shown::By(&["agent-silent-start", "qga/envelope/the-agent-does-not-speak-first", "qga/envelope/there-is-nothing-to-negotiate"])),
    of("B2", "An agent echoes ids as a monitor does.", "QEMU qapi/qmp-dispatch.c", Shown::By(&["reply-id-echo", "qga/envelope/an-id-of-any-type-comes-back"])),
    of("B3", "An agent runs one command after the other, and nothing out of band.", "QEMU qga/main.c:process_event", Shown::By(&["oob-gate", "reply-order", "qga/envelope/nothing-runs-out-of-band", "qga/envelope/commands-are-answered-in-their-order"])),
    of("B4", "An agent's messages are one line each, which ends with LF.", "QEMU qga/main.c:send_response", Shown::By(&["line-end"])),
    of("B5", "guest-sync returns its token, an integer.", "QEMU qga/qapi-schema.json, guest-sync", Shown::By(&["sync-echo", "qga/sync/the-token-comes-back", "qga/sync/a-token-is-an-integer"])),
    of("B6", "0xFF stands before the reply to guest-sync-delimited, and before no other.", "QEMU qga/main.c:send_response", Shown::By(&["sync-sentinel", "qga/sync/a-sentinel-stands-before-the-delimited-reply", "qga/sync/each-sync-has-its-sentinel", "qga/sync/no-sentinel-before-an-error"])),
    of("B7", "0xFF from the client throws away what was begun.", "QEMU qga/qapi-schema.json, guest-sync-delimited", Shown::By(&["sync-reset", "qga/sync/a-sentinel-byte-throws-away-half-a-command"])),
    of("B8", "A command without success-response answers with an error or not at all.", "QEMU qga/main.c:process_event", Shown::By(&["silent-success", "qga/power/a-shutdown-that-succeeds-is-silent", "qga/power/a-shutdown-that-fails-is-an-error"])),
    of("B9", "A blocked command is CommandNotFound, before its arguments are looked at.", "QEMU qapi/qmp-dispatch.c:qmp_dispatch", Shown::By(&["guest-info-agrees", "qga/envelope/a-blocked-command-is-not-found", "qga/envelope/only-allowed-commands-run"])),
    of("B10", "A frozen agent runs only what it lists.", "QEMU qga/main.c:ga_disable_not_allowed_freeze", Shown::By(&["qga/freeze/a-frozen-agent-runs-only-what-needs-no-disk"])),
    of("B11", "guest-info tells which commands are enabled.", "QEMU qga/commands.c:qmp_guest_info", Shown::By(&["guest-info-agrees", "qga/envelope/guest-info-tells-what-there-is"])),
    of("B12", "Names of members need follow no convention.", "QEMU qapi/pragma.json", Shown::Not("nothing to break: the schema loader takes any name")),
    of("B13", "The next client is served when the first has left.", "QEMU qga/channel-posix.c:ga_channel_listen_accept", Shown::By(&["agent-outlives-client", "peer-survives", "qga/session/the-next-client-is-served"])),
    of("B14", "Half a command of one client is no part of the next one's.", "QEMU qga/main.c", Shown::By(&["half-command-outlives-client", "qga/session/half-a-command-is-thrown-away-by-the-byte"])),
    of("B15", "Replies go to the client that asked, but on a serial channel.", "QEMU qga/channel-posix.c", Shown::By(&["agent-silent-start"])),
    of("B16", "Serial channels have the same protocol.", "QEMU qga/channel-posix.c", Shown::By(&["input-framing", "sync-recovers"])),
    of("B17", "A half-closed connection gets its reply, and ends.", "QEMU qga/channel-posix.c", Shown::By(&["one-reply", "half-close-ends", "qga/session/a-half-closed-connection-still-gets-its-reply"])),
    of("B18", "A client that does not read keeps the agent from everything else.", "QEMU qga/channel-posix.c:ga_channel_write_all", Shown::Not("a lack of the agent, and no promise; what is unread at the end is agent-outlives-client's affair")),
    of("B19", "How the bytes are split makes no difference.", "QEMU qga/main.c:channel_event_cb", Shown::By(&["input-framing", "stream-predicted", "sync-recovers"])),
    of("B20", "An agent outlives a client that leaves a reply unread.", "QEMU qga/main.c:channel_event_cb", Shown::By(&["agent-outlives-client", "qga/session/a-client-may-leave-without-reading"])),
    of("B21", "With --retry-path it listens again.", "QEMU qga/channel-posix.c:ga_channel_client_add", Shown::By(&["agent-outlives-client", "qga/session/it-listens-again-with-retry-path"])),
    of("B22", "After a sync a client is back in step, whatever was damaged.", "QEMU qga/qapi-schema.json, guest-sync-delimited", Shown::By(&["sync-recovers", "qga/sync/a-sync-recovers-from-noise", "qga/sync/stale-replies-come-before-the-sentinel"])),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn each_statement_is_shown_by_what_there_is_or_says_why_not() {
        let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
        let mut ids = BTreeSet::new();
        for statement in STATEMENTS {
            assert!(ids.insert(statement.id), "{} twice", statement.id);
            assert!(statement.says.ends_with('.'), "{}", statement.id);
            let shown = matches!(statement.shown, Shown::Not(why) if !why.is_empty());
            assert!(shown || !statement.shown_by().is_empty(), "{}", statement.id);
            for name in statement.shown_by() {
                let is_there = if name.contains('/') {
                    scenarios.join(format!("{name}.qmp")).is_file()
                } else {
                    crate::find(name).is_some_and(|rule| rule.slug == *name)
                };
                assert!(is_there, "{}: {name}", statement.id);
            }
        }
    }

    #[test]
    fn every_rule_shows_a_statement() {
        let named: BTreeSet<&str> = STATEMENTS.iter().flat_map(Statement::shown_by).copied().collect();
        let idle: Vec<&str> =
            crate::ALL.iter().map(|rule| rule.slug).filter(|slug| !named.contains(slug)).collect();
        assert_eq!(idle, Vec::<&str>::new());
    }

    #[test]
    fn a_statement_is_found_in_any_case() {
        assert_eq!(find("a21").map(|statement| statement.id), Some("A21"));
        assert!(find("A999").is_none());
    }
}
