//! What goes over the wire, made once for all benches, and always the same.

pub mod peer;

use criterion::Criterion;
use std::fmt::Write;
use std::time::Duration;

/// What all benches are measured with: all of them together are to take a few minutes.
pub fn paced() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
}

/// Commands as a management application sends them, one on a line, in at least so many bytes.
pub fn commands(bytes: usize) -> Vec<u8> {
    const NAMES: [&str; 8] = [
        "query-version",
        "query-block",
        "qom-get",
        "device_add",
        "blockdev-add",
        "query-status",
        "guest-ping",
        "guest-sync-delimited",
    ];
    let mut text = String::with_capacity(bytes + 512);
    for nth in 0.. {
        if text.len() >= bytes {
            break;
        }
        let (name, device, disk) = (NAMES[nth % NAMES.len()], nth % 40, nth % 8);
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "{{\"execute\": \"{name}\", \"arguments\": {{\"path\": \"/machine/peripheral-anon/device[{device}]\", \
             \"property\": \"realized\", \"node-name\": \"drive-virtio-disk{disk}\", \"read-only\": false, \
             \"cache\": {{\"direct\": true, \"no-flush\": false}}, \"size\": {}}}, \"id\": \"libvirt-{nth}\"}}\r\n",
            nth * 4096,
        );
    }
    text.into_bytes()
}

/// One command with a string of so many bytes.
pub fn long_string(bytes: usize) -> Vec<u8> {
    [b"{\"execute\": \"", "a".repeat(bytes).as_bytes(), b"\"}\n"].concat()
}

/// So many brackets that open, and as many that close.
pub fn deep(levels: usize) -> Vec<u8> {
    ["[".repeat(levels), "]".repeat(levels)].concat().into_bytes()
}

/// Texts in each of which something is wrong, in at least so many bytes.
pub fn malformed(bytes: usize) -> Vec<u8> {
    let line = b"{\"id\":01}\n{\"execute\" \"query-version\"}\n{\"execute\":\"a\\qb\"}\n\xFF{]}#x,\n";
    line.repeat(bytes.div_ceil(line.len()))
}
