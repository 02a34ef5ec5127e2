//! Sockets between a host and its guests: `vsock:CID:PORT`.

use super::{Address, Transport};
use rustix::io::Errno;
use socket2::{Domain, SockAddr, Socket, Type};
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::unix::AsyncFd;

/// `vsock:CID:PORT`.
pub(super) const TRANSPORT: Transport = Transport { scheme: "vsock", form: "vsock:CID:PORT", parse };

fn parse(place: &str) -> Result<Address, String> {
    let (cid, port) = place.split_once(':').unwrap_or((place, ""));
    let Ok(cid) = cid.parse() else {
        return Err("the guest's number is missing: write vsock:CID:PORT, with CID 2 for the host".to_owned());
    };
    match port.parse() {
        Ok(port) => Ok(Address::Vsock { cid, port }),
        Err(_) => Err("the port is missing or no number: write vsock:CID:PORT".to_owned()),
    }
}

#[expect(deprecated, reason = "its successor is unsafe for the sake of descriptors that are not owned")]
pub(super) async fn dial(cid: u32, port: u32) -> io::Result<AsyncFd<OwnedFd>> {
    let socket = Socket::new(Domain::VSOCK, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    let in_progress = Some(Errno::INPROGRESS.raw_os_error());
    match socket.connect(&SockAddr::vsock(cid, port)) {
        Err(error) if error.raw_os_error() != in_progress => return Err(error),
        _ => {}
    }
    let socket = AsyncFd::new(OwnedFd::from(socket))?;
    socket.writable().await?.retain_ready();
    match rustix::net::sockopt::socket_error(socket.get_ref())? {
        Ok(()) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::time::Duration;

    /// The number of a machine's own loopback (vsock(7), `VMADDR_CID_LOCAL`).
    const LOOPBACK: u32 = 1;

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
    }

    /// A listener on the loopback; kernels have it as a module of its own.
    #[allow(clippy::print_stderr, reason = "a test that did not run says so")]
    fn listener(port: u32) -> Option<Socket> {
        let socket = Socket::new(Domain::VSOCK, Type::STREAM, None).ok()?;
        let bound = socket.bind(&SockAddr::vsock(LOOPBACK, port)).and_then(|()| socket.listen(1));
        if let Err(error) = &bound {
            eprintln!("not run: no vsock loopback here: {error}");
        }
        bound.ok().map(|()| socket)
    }

    #[test]
    fn a_command_and_its_reply_pass_a_vsock() {
        let Some(listener) = listener(40_961) else { return };
        let server = std::thread::spawn(move || {
            let (mut client, _) = listener.accept().unwrap();
            let mut asked = [0; 4];
            client.read_exact(&mut asked).unwrap();
            client.write_all(&asked).unwrap();
        });
        block_on(async {
            let socket = dial(LOOPBACK, 40_961).await.unwrap();
            rustix::net::send(socket.get_ref(), b"ping", rustix::net::SendFlags::NOSIGNAL).unwrap();
            socket.readable().await.unwrap().retain_ready();
            let mut heard = [0; 8];
            assert_eq!(rustix::io::read(socket.get_ref(), &mut heard).unwrap(), 4);
        });
        server.join().unwrap();
    }

    #[test]
    fn nobody_listens_where_there_is_no_guest() {
        block_on(async {
            let dialled = tokio::time::timeout(Duration::from_secs(5), dial(u32::MAX - 7, 1)).await;
            assert!(!matches!(dialled, Ok(Ok(_))));
        });
    }
}
