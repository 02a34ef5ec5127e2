//! TCP, without delay for small writes: `tcp:HOST:PORT`.

use super::{Address, Transport};
use std::io;
use tokio::net::TcpStream;

/// `tcp:HOST:PORT`.
pub(super) const TRANSPORT: Transport = Transport { scheme: "tcp", form: "tcp:HOST:PORT", parse };

fn parse(place: &str) -> Result<Address, String> {
    let (host, port) = place.rsplit_once(':').unwrap_or((place, ""));
    if host.is_empty() {
        return Err("the host is missing: write tcp:HOST:PORT".to_owned());
    }
    if host.contains(':') && !(host.starts_with('[') && host.ends_with(']')) {
        return Err(format!(
            "an IPv6 host stands in brackets, and then comes a port: write tcp:[{host}]:PORT"
        ));
    }
    match port.parse::<u16>() {
        Ok(1..) => Ok(Address::Tcp(place.to_owned())),
        _ => Err("the port is missing or not 1 to 65535: write tcp:HOST:PORT".to_owned()),
    }
}

pub(super) async fn dial(place: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(place).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
