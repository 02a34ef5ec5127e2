//! A session as the client sees it: which dialect is spoken, and how far negotiation has come.

use serde::{Deserialize, Serialize};

/// Which protocol a peer speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// The monitor of QEMU and qemu-storage-daemon: greeting, negotiation, events, CRLF.
    Qmp,
    /// The guest agent: no greeting, no negotiation, no events, `0xFF` before a delimited sync reply, LF.
    Qga,
}

impl Dialect {
    /// The word used on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Qmp => "qmp",
            Dialect::Qga => "qga",
        }
    }
}

/// What the commands sent so far have, on a conforming peer, brought the session to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// The protocol.
    pub dialect: Dialect,
    /// `qmp_capabilities` has succeeded. Always true for the guest agent.
    pub negotiated: bool,
    /// The capability `oob` was enabled.
    pub oob: bool,
    /// The greeting offered `oob`. True until a greeting says otherwise.
    pub oob_offered: bool,
    /// A `qmp_capabilities` was refused on this connection: what follows shows whether it changed the mode.
    pub enable_refused: bool,
}

impl SessionState {
    /// The state in which a connection begins.
    pub const fn fresh(dialect: Dialect) -> SessionState {
        SessionState {
            dialect,
            negotiated: matches!(dialect, Dialect::Qga),
            oob: false,
            oob_offered: true,
            enable_refused: false,
        }
    }

    /// The state in which ordinary commands run.
    pub const fn command_mode(dialect: Dialect) -> SessionState {
        SessionState { dialect, negotiated: true, oob: false, oob_offered: true, enable_refused: false }
    }
}
