//! The map in which a peer counts the edges that it takes, where it was built to: what afl-cc compiles in attaches
//! the System V segment that `__AFL_SHM_ID` names, and adds to a byte in it at each edge (AFL++,
//! `instrumentation/afl-compiler-rt.o.c`: `__afl_map_shm`).
#![expect(unsafe_code, reason = "memory that is shared with another program has no safe owner")]

use std::ffi::{c_int, c_void};
use std::io;
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable with the segment's number.
const SEGMENT: &str = "__AFL_SHM_ID";
/// The environment variable with the map's size.
const SIZE: &str = "AFL_MAP_SIZE";
/// Bytes of a cell that is looked at at once.
const CELL: usize = size_of::<AtomicU64>();

const IPC_PRIVATE: c_int = 0;
const IPC_RMID: c_int = 0;
/// `IPC_CREAT`, readable and writable by its owner.
const CREATE: c_int = 0o1000 | 0o600;

unsafe extern "C" {
    // shmget(2), shmat(2), shmctl(2), shmdt(2) of the C library that std links; rustix has POSIX's only.
    fn shmget(key: c_int, size: usize, flags: c_int) -> c_int;
    fn shmat(id: c_int, at: *const c_void, flags: c_int) -> *mut c_void;
    fn shmctl(id: c_int, command: c_int, buffer: *mut c_void) -> c_int;
    fn shmdt(at: *const c_void) -> c_int;
}

/// One peer's map.
#[derive(Debug)]
pub struct CoverageMap {
    id: c_int,
    cells: NonNull<AtomicU64>,
    count: usize,
}

// SAFETY: the cells are atomic, and nothing else of the map changes.
unsafe impl Send for CoverageMap {}
// SAFETY: as above.
unsafe impl Sync for CoverageMap {}

impl CoverageMap {
    /// A map of so many edges, all zero. It is gone with the last process that has it attached, however that ends:
    /// Linux lets a segment be attached that is marked for removal (shmat(2), NOTES).
    ///
    /// # Errors
    /// The system refuses it.
    pub fn new(edges: usize) -> io::Result<CoverageMap> {
        let count = edges.div_ceil(CELL).max(1);
        // SAFETY: no pointers are passed; the kernel picks a page-aligned place for the segment.
        let (id, at) = unsafe {
            let id = shmget(IPC_PRIVATE, count * CELL, CREATE);
            if id < 0 {
                return Err(io::Error::last_os_error());
            }
            let at = shmat(id, ptr::null(), 0);
            let error = io::Error::last_os_error();
            shmctl(id, IPC_RMID, ptr::null_mut());
            if at as isize == -1 {
                return Err(error);
            }
            (id, at)
        };
        let cells = NonNull::new(at.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(CoverageMap { id, cells, count })
    }

    /// What the peer finds in its environment.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [(SEGMENT, self.id.to_string()), (SIZE, (self.count * CELL).to_string())]
    }

    /// Says of each edge that was taken since the last time how often, and begins anew. A count is one byte and
    /// wraps, as the peer's does.
    pub fn take(&self, mut edge: impl FnMut(u32, u8)) {
        for (at, cell) in self.cells().iter().enumerate() {
            // Most are zero, and to write them would cost the peer its cache lines.
            if cell.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let counts = cell.swap(0, Ordering::Relaxed).to_ne_bytes();
            for (byte, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
                edge(u32::try_from(at * CELL + byte).unwrap_or(u32::MAX), count);
            }
        }
    }

    fn cells(&self) -> &[AtomicU64] {
        // SAFETY: the segment has so many cells, aligned to a page, and stays attached for as long as `self`.
        unsafe { slice::from_raw_parts(self.cells.as_ptr(), self.count) }
    }
}

impl Drop for CoverageMap {
    fn drop(&mut self) {
        // SAFETY: it was attached there, and nobody keeps a reference to the cells.
        unsafe { shmdt(self.cells.as_ptr().cast::<c_void>()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(map: &CoverageMap) -> Vec<(u32, u8)> {
        let mut edges = Vec::new();
        map.take(|edge, count| edges.push((edge, count)));
        edges
    }

    #[test]
    fn what_was_counted_is_told_once() {
        let map = CoverageMap::new(1 << 16).unwrap();
        assert_eq!(taken(&map), []);
        let mut bytes = [0; CELL];
        (bytes[0], bytes[5]) = (1, 255);
        map.cells()[3].store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
        assert_eq!(taken(&map), [(24, 1), (29, 255)]);
        assert_eq!(taken(&map), []);
    }

    #[test]
    fn a_map_is_gone_with_its_last_user() {
        let map = CoverageMap::new(100).unwrap();
        let listed = |id: c_int| {
            let table = std::fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
            table.lines().any(|line| line.split_whitespace().nth(1) == Some(&id.to_string()))
        };
        let id = map.id;
        assert!(listed(id), "the kernel lists it");
        drop(map);
        assert!(!listed(id));
    }
}
