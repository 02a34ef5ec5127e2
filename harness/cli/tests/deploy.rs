//! What `docs/deploy` ships does what it says, as far as one machine can show it.
#![allow(clippy::print_stderr, clippy::expect_used, reason = "a test that did not run says so")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy").join(name)
}

/// A `qmprobe` whose first try at the second shard ends as one does that finds no peer, and that notes its calls.
fn stumbling(place: &Path) -> PathBuf {
    let folder = place.join("bin");
    fs::create_dir(&folder).expect("a directory");
    let (real, place) = (env!("CARGO_BIN_EXE_qmprobe"), place.display());
    let script = format!(
        "#!/bin/sh\necho \"$*\" >> {place}/calls\ncase \"$*\" in *'--shard 2/3'*)\n\
         if mkdir {place}/stumbled 2>/dev/null; then exit 3; fi;; esac\nexec {real} \"$@\"\n"
    );
    let path = folder.join("qmprobe");
    fs::write(&path, script).expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    folder
}

#[test]
fn gnu_parallel_plays_the_shards_and_plays_again_what_failed_and_nothing_else() {
    if Command::new("parallel").arg("--version").output().is_err() {
        assert_ne!(std::env::var("QMPROBE_REQUIRE_PEERS").as_deref(), Ok("1"), "there is no GNU parallel");
        return eprintln!("not run: there is no GNU parallel");
    }
    let place = tempfile::tempdir().expect("a directory");
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", stumbling(place.path()).display());
    let campaign = place.path().join("a campaign");
    let play = || -> Output {
        let mut command = Command::new(shipped("parallel.sh"));
        command.arg("3").arg(&campaign).args(["--reference", "--systematic", "--cases", "144"]);
        command.env("PATH", &path).env("HOME", place.path()).output().expect("a shell")
    };
    let calls = || fs::read_to_string(place.path().join("calls")).expect("calls");
    let first = play();
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    assert_eq!(first.status.code(), Some(5), "{said}");
    assert!(said.contains("missing or incomplete: 2/3"), "{said}");
    let before = calls().lines().filter(|call| call.starts_with("fuzz")).count();
    assert_eq!(before, 3);
    let second = play();
    assert_eq!(second.status.code(), Some(0), "{}", String::from_utf8_lossy(&second.stderr));
    let again: Vec<String> =
        calls().lines().filter(|call| call.starts_with("fuzz")).skip(before).map(str::to_owned).collect();
    assert!(matches!(again.as_slice(), [one] if one.contains("--shard 2/3")), "{again:?}");
}

#[test]
fn the_scripts_of_a_cluster_are_shell_and_name_options_that_exist() {
    let help = Command::new(env!("CARGO_BIN_EXE_qmprobe")).args(["fuzz", "--help"]).output().expect("help");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for name in ["campaign.sbatch", "parallel.sh", "job.yaml"] {
        let text = fs::read_to_string(shipped(name)).expect("it is there");
        let at = text.rfind("qmprobe fuzz").expect("it plays a campaign");
        let call = text[at..].split_once("\n\n").map_or(&text[at..], |(call, _)| call);
        let call = call.lines().take(4).collect::<Vec<_>>().join(" ");
        for option in call.split_whitespace().filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "{name}: {option}");
        }
        if name != "job.yaml" {
            let checked = Command::new("bash").arg("-n").arg(shipped(name)).output().expect("bash");
            assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        }
    }
}

#[test]
fn the_index_of_a_job_and_the_task_of_an_array_each_become_a_shard() {
    let place = tempfile::tempdir().expect("a directory");
    let folder = place.path().join("bin");
    fs::create_dir(&folder).expect("a directory");
    let path = folder.join("qmprobe");
    fs::write(&path, "#!/bin/sh\necho \"$*\"\nexit \"$CODE\"\n").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let ends = |mut command: Command, code: &str| {
        let output = command.env("PATH", &path).env("CODE", code).output().expect("a shell");
        (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
    };
    let manifest = fs::read_to_string(shipped("job.yaml")).expect("a manifest");
    let script = manifest.split_once("            - |\n").expect("a script").1;
    let script = script.split_once("          resources:").expect("its end").0;
    let pod = || {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(script).env("JOB_COMPLETION_INDEX", "7");
        command
    };
    let task = || {
        let mut command = Command::new("bash");
        command.arg(shipped("campaign.sbatch")).env("SLURM_SUBMIT_DIR", place.path());
        command.env("SLURM_ARRAY_TASK_ID", "3").env("SLURM_ARRAY_TASK_COUNT", "4");
        command
    };
    for (shard, command) in [("--shard 8/8 ", &pod as &dyn Fn() -> Command), ("--shard 3/4 ", &task)] {
        for (code, due) in [("0", 0), ("1", 0), ("2", 2), ("3", 3), ("143", 143)] {
            let (said, ended) = ends(command(), code);
            assert!(said.contains(shard), "{said}");
            assert_eq!(ended, Some(due));
        }
    }
}
