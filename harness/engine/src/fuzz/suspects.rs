//! What is being looked into, in a file each: a crash that was seen must not be lost with the harness while it
//! is made smaller, nor what waits for the end because something else may explain it.

use crate::error::Error;
use qmprobe_wire::Case;
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The directory in the output directory.
const DIRECTORY: &str = "suspects";
/// Suspects at one time; of further ones there is no file.
const SUSPECTS_MAX: usize = 256;

/// A case of the round.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Before {
    pub case: Arc<Case>,
    /// Its request was carried out.
    pub accepted: bool,
}

/// What is looked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Look {
    pub signature: String,
    /// A peer that is lost.
    pub lost: bool,
    /// A peer that stops answering: each try costs seconds.
    pub hangs: bool,
    /// A peer that ends some time after its last reply.
    pub late: bool,
}

/// Something that failed, with all that it may take to show it again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Suspect {
    /// The number of the set-up.
    pub setup: usize,
    pub look: Look,
    /// What the peer went through before.
    pub before: Vec<Before>,
    pub case: Arc<Case>,
}

/// The files.
#[derive(Debug)]
pub(super) struct Suspects {
    directory: PathBuf,
    open: Vec<String>,
}

impl Suspects {
    /// Those of the campaign in `out`; a new one has none.
    ///
    /// # Errors
    /// An old one cannot be removed.
    pub fn open(out: &Path, resume: bool) -> Result<(Suspects, Vec<Suspect>), Error> {
        let directory = out.join(DIRECTORY);
        let mut suspects = Suspects { directory, open: Vec::new() };
        if !resume {
            suspects.clear()?;
            return Ok((suspects, Vec::new()));
        }
        let mut files: Vec<PathBuf> = fs::read_dir(&suspects.directory)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        // One that was cut off while it was written has been seen an instant before: its case runs again.
        let read = |file: &PathBuf| serde_json::from_slice::<Suspect>(&fs::read(file).ok()?).ok();
        let kept: Vec<Suspect> = files.iter().take(SUSPECTS_MAX).filter_map(read).collect();
        suspects.open.extend(kept.iter().map(|suspect| suspect.look.signature.clone()));
        Ok((suspects, kept))
    }

    /// Writes one down, unless it is there already.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn put(&mut self, suspect: &Suspect) -> Result<(), Error> {
        if self.open.len() >= SUSPECTS_MAX || self.open.contains(&suspect.look.signature) {
            return Ok(());
        }
        let path = self.path(&suspect.look.signature);
        let written = || {
            fs::create_dir_all(&self.directory)?;
            fs::write(&path, serde_json::to_vec(suspect)?)
        };
        written().map_err(|source| Error::Write { path: path.clone(), source })?;
        self.open.push(suspect.look.signature.clone());
        Ok(())
    }

    /// It was looked into.
    ///
    /// # Errors
    /// Its file cannot be removed.
    pub fn close(&mut self, signature: &str) -> Result<(), Error> {
        let Some(at) = self.open.iter().position(|open| open == signature) else { return Ok(()) };
        self.open.swap_remove(at);
        let path = self.path(signature);
        fs::remove_file(&path).map_err(|source| Error::Write { path, source })
    }

    /// Looks no further into any that this does not hold.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn keep(&mut self, holds: impl Fn(&str) -> bool) -> Result<(), Error> {
        let gone: Vec<String> = self.open.iter().filter(|open| !holds(open)).cloned().collect();
        gone.iter().try_for_each(|signature| self.close(signature))
    }

    /// How many are left to look into.
    pub fn count(&self) -> usize {
        self.open.len()
    }

    /// Those of another campaign are nothing to look into.
    ///
    /// # Errors
    /// A file cannot be removed.
    fn clear(&mut self) -> Result<(), Error> {
        self.open.clear();
        match fs::remove_dir_all(&self.directory) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Write { path: self.directory.clone(), source })
            }
            _ => Ok(()),
        }
    }

    fn path(&self, signature: &str) -> PathBuf {
        self.directory.join(format!("{signature}.json"))
    }
}
