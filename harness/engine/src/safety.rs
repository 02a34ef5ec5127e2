//! What may be sent to whom: one table from command to class, and the gate that a peer's commands pass.
//!
//! A peer that somebody else runs is sent observing commands only, unless its user says otherwise. An agent
//! of ours is sent what can do no harm outside its walls.

use crate::glob;
use qmprobe_target::{Peer, PeerSpec};
use qmprobe_wire::Dialect;
use serde::{Deserialize, Serialize};

/// What a command does to a peer, the harmless first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// It only looks.
    Observing,
    /// It changes what can be changed back, inside the peer.
    Changing,
    /// It may end the peer, lose data, or reach outside. Every unknown command counts as this.
    Destroying,
}

impl Class {
    /// The word used on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Observing => "observing",
            Class::Changing => "changing",
            Class::Destroying => "destroying",
        }
    }
}

use Class::{Changing, Destroying, Observing};

/// Command patterns; the first that matches says the class.
const TABLE: &[(&str, Class)] = &[
    ("qmp_capabilities", Observing),
    ("query-*", Observing),
    ("x-query-*", Observing),
    ("qom-list*", Observing),
    ("qom-get", Observing),
    ("device-list-properties", Observing),
    ("guest-ping", Observing),
    ("guest-info", Observing),
    ("guest-sync*", Observing),
    ("guest-get-*", Observing),
    ("guest-network-get-*", Observing),
    ("guest-*", Destroying),
    // These reach for host files or other programs whatever else they are called.
    ("*save*", Destroying),
    ("*dump*", Destroying),
    ("migrate*", Destroying),
    ("screendump", Destroying),
    ("human-monitor-command", Destroying),
    ("quit", Destroying),
    ("system_*", Destroying),
    ("stop", Changing),
    ("cont", Changing),
    ("set_link", Changing),
    ("balloon", Changing),
    ("announce-self", Changing),
    ("input-send-event", Changing),
    ("send-key", Changing),
    ("block_set_io_throttle", Changing),
    ("block-latency-histogram-set", Changing),
    ("block-set-write-threshold", Changing),
    ("block-dirty-bitmap-add", Changing),
    ("block-dirty-bitmap-disable", Changing),
    ("block-dirty-bitmap-enable", Changing),
    ("block-job-pause", Changing),
    ("block-job-resume", Changing),
    ("block-job-set-speed", Changing),
    ("job-pause", Changing),
    ("job-resume", Changing),
    ("throttle-group-set", Changing),
    ("trace-event-set-state", Changing),
    ("calc-dirty-rate", Changing),
    ("set-vcpu-dirty-limit", Changing),
    ("cancel-vcpu-dirty-limit", Changing),
];

/// The command that a real agent of ours may be sent only where it runs a program that does nothing.
const SHUTDOWN: &str = "guest-shutdown";

/// Agent commands that reach the kernel through any wall but a guest's: never sent in this version, to
/// whatever real agent we started.
const BEYOND_THE_SANDBOX: &[&str] =
    &["guest-suspend-*", "guest-fsfreeze-freeze*", "guest-exec", "guest-set-*", "guest-ssh-*"];

/// Those of them that cannot run without an argument: a sandboxed agent may be sent their names with none that
/// they have, which shows whether they are there.
const NOTHING_WITHOUT_ARGUMENTS: &[&str] = &[
    "guest-exec",
    "guest-set-vcpus",
    "guest-set-memory-blocks",
    "guest-set-user-password",
    "guest-ssh-*-authorized-keys",
];

/// Commands that end a peer when they succeed: they come last.
const ENDING: &[&str] = &["quit", "guest-shutdown"];

/// The class of a command.
pub fn class_of(command: &str) -> Class {
    TABLE.iter().find(|(pattern, _)| glob::matches(pattern, command)).map_or(Destroying, |(_, class)| *class)
}

/// Whether the command ends a peer when it succeeds.
pub(crate) fn ends_the_peer(command: &str) -> bool {
    ENDING.contains(&command)
}

/// How far a peer is kept from the machine that it runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walls {
    /// It can do no harm, or it is its user's affair what it can do.
    None,
    /// A real guest agent of ours, in namespaces of its own.
    AroundAgent {
        /// What it shuts the system down with was replaced by what does nothing.
        plays_shutdown: bool,
    },
    /// A real guest agent of ours that namespaces could not be had for.
    MissingAroundAgent,
}

impl Walls {
    /// The walls around a peer that was opened by these words.
    pub(crate) fn around(spec: &PeerSpec, peer: &Peer) -> Walls {
        let real_agent = spec.dialect() == Dialect::Qga
            && matches!(spec, PeerSpec::GuestAgent { .. } | PeerSpec::Spawn { .. });
        match (real_agent, peer.sandboxed()) {
            (false, _) => Walls::None,
            (true, true) => Walls::AroundAgent { plays_shutdown: peer.only_plays_shutdown() },
            (true, false) => Walls::MissingAroundAgent,
        }
    }
}

/// What one peer may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// The highest class allowed.
    pub allow: Class,
    /// What stands around the peer.
    pub walls: Walls,
}

impl Gate {
    /// Why the command must not be sent; `None` when it may.
    pub fn refusal(self, command: &str) -> Option<String> {
        let class = class_of(command);
        if self.walls == Walls::MissingAroundAgent && class != Observing {
            return Some("not sandboxed".to_owned());
        }
        let beyond = BEYOND_THE_SANDBOX.iter().any(|pattern| glob::matches(pattern, command));
        match self.walls {
            Walls::AroundAgent { .. } if beyond => {
                return Some("dangerous: needs the guest sandbox".to_owned());
            }
            Walls::AroundAgent { plays_shutdown: false } if command == SHUTDOWN => {
                return Some(
                    "dangerous: this system has no overlay to put a harmless shutdown in".to_owned(),
                );
            }
            _ => {}
        }
        (class > self.allow).then(|| format!("{0}: needs --allow {0}", class.name()))
    }

    /// Whether a command that must not run may be looked up all the same, by a request that nothing can make run.
    pub fn may_look_up(self, command: &str) -> bool {
        let inside = matches!(self.walls, Walls::AroundAgent { .. }) && self.allow == Destroying;
        inside && NOTHING_WITHOUT_ARGUMENTS.iter().any(|pattern| glob::matches(pattern, command))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_is_observing() {
        for command in [
            "qmp_capabilities",
            "query-block",
            "x-query-irq",
            "qom-list-types",
            "qom-get",
            "guest-sync-delimited",
            "guest-get-fsinfo",
            "guest-network-get-interfaces",
        ] {
            assert_eq!(class_of(command), Observing, "{command}");
        }
    }

    #[test]
    fn what_ends_a_peer_or_reaches_outside_is_destroying() {
        for command in [
            "quit",
            "guest-shutdown",
            "guest-suspend-ram",
            "guest-fsfreeze-status",
            "guest-exec-status",
            "guest-file-open",
            "guest-set-time",
            "guest-ssh-get-authorized-keys",
            "system_reset",
            "migrate",
            "migrate-set-parameters",
            "dump-guest-memory",
            "dump-skeys",
            "pmemsave",
            "snapshot-save",
            "screendump",
            "human-monitor-command",
            "blockdev-add",
            "change-backing-file",
            "no-such-command",
            "",
        ] {
            assert_eq!(class_of(command), Destroying, "{command}");
        }
        assert_eq!(class_of("stop"), Changing);
    }

    #[test]
    fn a_foreign_peer_gets_what_its_user_allows() {
        let gate = |allow| Gate { allow, walls: Walls::None };
        assert_eq!(gate(Observing).refusal("query-version"), None);
        assert!(gate(Observing).refusal("stop").is_some_and(|why| why.contains("--allow changing")));
        assert_eq!(gate(Changing).refusal("stop"), None);
        assert!(gate(Changing).refusal("quit").is_some_and(|why| why.contains("--allow destroying")));
        assert_eq!(gate(Destroying).refusal("quit"), None);
    }

    #[test]
    fn an_agent_of_ours_gets_what_its_walls_hold() {
        let around =
            |plays_shutdown| Gate { allow: Destroying, walls: Walls::AroundAgent { plays_shutdown } };
        let inside = around(true);
        for command in ["guest-suspend-disk", "guest-exec", "guest-set-user-password"] {
            assert!(inside.refusal(command).is_some_and(|why| why.starts_with("dangerous")), "{command}");
        }
        assert_eq!(inside.refusal(SHUTDOWN), None);
        assert!(around(false).refusal(SHUTDOWN).is_some_and(|why| why.starts_with("dangerous")));
        for command in ["guest-file-open", "guest-fsfreeze-status", "guest-exec-status", "guest-ping"] {
            assert_eq!(inside.refusal(command), None, "{command}");
        }
        for (command, harmless) in
            [("guest-exec", true), ("guest-ssh-get-authorized-keys", true)].into_iter().chain(
                ["guest-set-time", "guest-suspend-ram", "guest-fsfreeze-freeze-list"]
                    .map(|name| (name, false)),
            )
        {
            assert_eq!(inside.may_look_up(command), harmless, "{command}");
        }
        let outside = Gate { allow: Destroying, walls: Walls::MissingAroundAgent };
        let foreign = Gate { allow: Destroying, walls: Walls::None };
        let careful = Gate { allow: Observing, ..inside };
        assert!(![outside, foreign, careful].iter().any(|gate| gate.may_look_up("guest-exec")));
        assert_eq!(outside.refusal("guest-file-open").as_deref(), Some("not sandboxed"));
        assert_eq!(outside.refusal("guest-ping"), None);
    }
}
