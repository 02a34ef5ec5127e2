//! The thread that starts every process: a fork, and waiting until the child is in its namespaces, take milliseconds,
//! in which others have answers to hear. It lives as long as this program, and so do its children.

use crate::process::Process;
use std::io;
use std::sync::OnceLock;
use std::sync::mpsc::{self, Sender};
use std::thread;
use tokio::sync::oneshot;

/// Starts a process. It is done on another thread.
pub(crate) type Start = Box<dyn FnOnce() -> io::Result<Process> + Send>;

type Order = (Start, oneshot::Sender<io::Result<Process>>);

/// Has a process started. One that nobody waits for any longer when it has been ends at once.
pub(crate) async fn start(start: Start) -> io::Result<Process> {
    static STARTER: OnceLock<Option<Sender<Order>>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (orders, taken) = mpsc::channel::<Order>();
        let work = move || {
            taken.into_iter().for_each(|(start, told)| {
                // What is not taken is dropped, which kills it.
                drop(told.send(start()));
            });
        };
        thread::Builder::new().name("starter".to_owned()).spawn(work).ok().map(|_| orders)
    });
    let Some(starter) = starter else { return start() };
    let (told, started) = oneshot::channel();
    let lost = || io::Error::other("the thread that starts processes is gone");
    starter.send((start, told)).map_err(|_| lost())?;
    started.await.map_err(|_| lost())?
}
