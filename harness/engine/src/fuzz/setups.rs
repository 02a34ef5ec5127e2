//! The set-ups that rounds are played in: what a peer of ours is given to work with before the first request.

use qmprobe_generate::state::Request;
use qmprobe_target::PeerSpec;

/// Machines whose devices are worth having, with what hangs on them. A machine that a binary does not have
/// makes a set-up that does not start, and is left out then.
const MACHINES: &[(&str, &[&str])] = &[
    (
        "pc",
        &[
            "-device virtio-blk-pci,drive=n0,id=d0",
            "-device virtio-net-pci,netdev=h0,id=e0",
            "-device virtio-serial-pci,id=s0",
            "-device virtserialport,bus=s0.0,chardev=c0,id=p0",
            "-device virtio-balloon-pci,id=b0",
        ],
    ),
    (
        "q35",
        &[
            "-device pcie-root-port,id=r0,chassis=1",
            "-device virtio-scsi-pci,id=v0",
            "-device scsi-hd,bus=v0.0,drive=n0,id=d0",
            "-device qemu-xhci,id=u0",
            "-device virtio-rng-pci,id=g0",
        ],
    ),
    ("virt", &["-device virtio-blk-pci,drive=n0,id=d0", "-device virtio-net-pci,netdev=h0,id=e0"]),
];

/// What every QEMU with a machine is given: a disk that is nowhere, a thread, a network without an outside.
/// Guests do not run until they are told to.
const FOR_MACHINES: &[&str] = &[
    "-S",
    "-m 64",
    "-blockdev driver=null-co,node-name=n0,size=1048576,read-zeroes=on",
    "-object iothread,id=io0",
    "-chardev ringbuf,id=c0",
    "-netdev hubport,id=h0,hubid=0",
];

/// Two more disks, and a job that is years from being done with them.
const JOB_DISKS: [&str; 2] =
    ["driver=null-co,node-name=j0,size=1048576", "driver=null-co,node-name=j1,size=1048576"];
const JOB: &str = r#"{"execute":"blockdev-mirror","arguments":{"job-id":"job0","device":"j0","target":"j1","sync":"full","speed":1}}"#;

/// The same disk and thread for the storage daemon.
const FOR_DAEMON: &[&str] =
    &["--blockdev driver=null-co,node-name=n0,size=1048576,read-zeroes=on", "--object iothread,id=io0"];

/// A way to start a peer, and what it is sent before anything else in a round.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub spec: PeerSpec,
    pub prelude: Vec<Request>,
}

impl Recipe {
    fn of(spec: PeerSpec) -> Recipe {
        Recipe { spec, prelude: Vec::new() }
    }

    /// The same with a block job that runs.
    fn busy(spec: PeerSpec, dash: &str) -> Recipe {
        let disks = || JOB_DISKS.iter().flat_map(|disk| [format!("{dash}blockdev"), (*disk).to_owned()]);
        let spec = match spec {
            PeerSpec::Qemu { binary, extra } => {
                PeerSpec::Qemu { binary, extra: disks().chain(extra).collect() }
            }
            PeerSpec::StorageDaemon { binary, extra } => {
                PeerSpec::StorageDaemon { binary, extra: disks().chain(extra).collect() }
            }
            other => other,
        };
        Recipe { spec, prelude: Request::read(JOB.as_bytes()).into_iter().collect() }
    }
}

/// The set-ups of a peer, the plainest first. A user's own arguments stand in every one of them; if they name
/// a machine, it is the only one.
pub(super) fn of(spec: &PeerSpec) -> Vec<Recipe> {
    match spec {
        PeerSpec::Qemu { binary, extra } => {
            let with = |words: Vec<String>| PeerSpec::Qemu { binary: binary.clone(), extra: words };
            let own = |words: &[&str]| [words_of(words), extra.clone()].concat();
            let named = extra.iter().any(|word| matches!(word.trim_start_matches('-'), "M" | "machine"));
            let machines = MACHINES.iter().filter(|_| !named).map(|(machine, devices)| {
                let machine = format!("-machine {machine}");
                let words = [&[machine.as_str()], FOR_MACHINES, devices].concat();
                with(own(&words))
            });
            let busy = Recipe::busy(spec.clone(), "-");
            let all = std::iter::once(spec.clone()).chain(machines).map(Recipe::of);
            all.chain([busy]).collect()
        }
        PeerSpec::StorageDaemon { binary, extra } => {
            let extra = [words_of(FOR_DAEMON), extra.clone()].concat();
            let with_disk = PeerSpec::StorageDaemon { binary: binary.clone(), extra };
            let busy = Recipe::busy(with_disk.clone(), "--");
            vec![Recipe::of(spec.clone()), Recipe::of(with_disk), busy]
        }
        _ => vec![Recipe::of(spec.clone())],
    }
}

/// The words of options that hold no spaces of their own.
fn words_of(options: &[&str]) -> Vec<String> {
    options.iter().flat_map(|option| option.split(' ')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qemu(extra: &[&str]) -> PeerSpec {
        PeerSpec::Qemu { binary: "qemu".into(), extra: extra.iter().map(|word| (*word).to_owned()).collect() }
    }

    #[test]
    fn the_plain_peer_comes_first_and_a_machine_of_the_users_is_the_only_one() {
        let setups = of(&qemu(&["-no-reboot"]));
        assert_eq!(setups.len(), 2 + MACHINES.len());
        for (nth, setup) in setups.iter().enumerate() {
            let PeerSpec::Qemu { extra, .. } = &setup.spec else { panic!("{setup:?}") };
            assert_eq!(extra.last().map(String::as_str), Some("-no-reboot"));
            assert_eq!(extra.len() > 1, nth > 0);
        }
        assert_eq!(of(&qemu(&["-M", "microvm"])).len(), 2);
        let jobs: Vec<_> = setups.iter().map(|setup| setup.prelude.len()).collect();
        assert_eq!(jobs.iter().sum::<usize>(), 1, "in one of them a block job runs");
    }
}
