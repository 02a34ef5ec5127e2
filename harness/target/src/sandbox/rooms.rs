//! User and network namespaces that outlive the peer they were made for, and go to one that is started after its death.
//! The kernel needs some 2 ms of processor time to make and end a network; a dead peer leaves nothing in one: none of
//! ours may configure it, and sockets end with their owner.

use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError};

/// Empty rooms that are kept; more peers than that are hardly at work at once.
const EMPTY_MAX: usize = 16;

/// Where peers of this process have lived.
static ROOMS: Rooms = Rooms(Mutex::new(Vec::new()));

/// The rooms that nobody lives in.
#[derive(Debug)]
struct Rooms(Mutex<Vec<Arc<Room>>>);

/// A network of nobody's but the one peer that is in it, and the user namespace that it belongs to.
#[derive(Debug)]
pub(crate) struct Room {
    /// `None` where it belongs to ours.
    user: Option<OwnedFd>,
    network: OwnedFd,
}

impl Room {
    /// An empty one, with a user namespace or without. It is the caller's alone.
    pub fn empty(user: bool) -> Option<Arc<Room>> {
        ROOMS.take(user)
    }

    /// The one that the process is in, which must be a child of ours.
    ///
    /// # Errors
    /// The system does not show its namespaces.
    pub fn of(pid: u32, user: bool) -> io::Result<Arc<Room>> {
        let open = |name: &str| File::open(format!("/proc/{pid}/ns/{name}")).map(OwnedFd::from);
        let user = if user { Some(open("user")?) } else { None };
        Ok(Arc::new(Room { user, network: open("net")? }))
    }

    /// Whoever lived in it is dead.
    pub fn vacate(self: Arc<Room>) {
        ROOMS.put(self);
    }

    /// Whether it has a user namespace.
    pub fn has_users(&self) -> bool {
        self.user.is_some()
    }

    /// Moves in. Runs between fork and exec: system calls only.
    pub(super) fn enter(&self) -> Result<(), Errno> {
        if let Some(user) = &self.user {
            move_into_link_name_space(user.as_fd(), Some(LinkNameSpaceType::User))?;
        }
        move_into_link_name_space(self.network.as_fd(), Some(LinkNameSpaceType::Network))
    }
}

impl Rooms {
    fn take(&self, user: bool) -> Option<Arc<Room>> {
        let mut empty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = empty.iter().position(|room| room.has_users() == user)?;
        Some(empty.swap_remove(at))
    }

    fn put(&self, room: Arc<Room>) {
        let mut empty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if empty.len() < EMPTY_MAX {
            empty.push(room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_given_to_one_and_to_nobody_else_until_it_is_empty_again() {
        let rooms = Rooms(Mutex::default());
        assert!(rooms.take(true).is_none());
        rooms.put(Room::of(std::process::id(), true).unwrap());
        assert!(rooms.take(false).is_none(), "it has a user namespace");
        let room = rooms.take(true).unwrap();
        assert!(rooms.take(true).is_none(), "somebody lives in it");
        rooms.put(room);
        assert!(rooms.take(true).is_some());
    }

    #[test]
    fn no_more_rooms_are_kept_than_peers_may_need() {
        let rooms = Rooms(Mutex::default());
        let room = Room::of(std::process::id(), false).unwrap();
        (0..2 * EMPTY_MAX).for_each(|_| rooms.put(Arc::clone(&room)));
        assert_eq!(std::iter::from_fn(|| rooms.take(false)).count(), EMPTY_MAX);
    }
}
