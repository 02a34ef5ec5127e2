//! What a run says of its peer.

use crate::event::PeerFacts;
use qmprobe_target::{Peer, PeerSpec};
use qmprobe_wire::Version;
use std::path::Path;

/// The facts of an open peer. `name` replaces the name that it would get.
pub(crate) fn facts(spec: &PeerSpec, peer: &Peer, version: Option<Version>, name: Option<&str>) -> PeerFacts {
    PeerFacts {
        name: name.map_or_else(|| name_of(spec, version), str::to_owned),
        kind: spec.kind().to_owned(),
        dialect: spec.dialect(),
        version,
        command_line: peer.command_line().to_owned(),
    }
}

fn name_of(spec: &PeerSpec, version: Option<Version>) -> String {
    let stated = version.map(|version| format!(" {version}")).unwrap_or_default();
    match spec {
        PeerSpec::Qemu { binary, .. } => format!("QEMU{stated} ({})", file_name(binary)),
        PeerSpec::StorageDaemon { binary, .. } => {
            format!("QEMU storage daemon{stated} ({})", file_name(binary))
        }
        PeerSpec::GuestAgent { binary, .. } => format!("QEMU guest agent{stated} ({})", file_name(binary)),
        PeerSpec::Spawn { command, .. } => {
            format!("{}{stated}", command.split(' ').next().unwrap_or(command))
        }
        PeerSpec::Connect { address, .. } => format!("{address}{stated}"),
        PeerSpec::Embedded(embedded) => embedded.name.clone(),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
