//! A limit on everything that a peer controls. Units stand last in each name.

/// Bounds on what one peer may cost us. [`Limits::default`] suits a local peer.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of one message before it counts as endless. QEMU's largest reply is about 200 kB.
    pub message_bytes_max: usize,
    /// Bytes that one case may receive in all.
    pub case_bytes_max: usize,
    /// Messages (events included) that one case may receive in all.
    pub case_messages_max: usize,
    /// Levels of nesting that a message may have. QEMU's own limit is 1024.
    pub nesting_max: usize,
    /// Milliseconds to wait for the greeting, and for a connection to be accepted.
    pub greeting_ms_max: u64,
    /// Milliseconds to wait for the reply to one step, on top of [`Limits::send_ms_per_kib`].
    pub step_ms_max: u64,
    /// Extra milliseconds per KiB sent: QEMU reads its monitor byte by byte, about 300 kB/s.
    pub send_ms_per_kib: u64,
    /// Milliseconds that one case may take in all, whatever drips in.
    pub case_ms_max: u64,
    /// Resident MiB of a peer we started before it is ended.
    pub peer_rss_mib_max: u64,
    /// File descriptors that a peer we started has open before it is ended: at its limit it could not even
    /// accept us.
    pub peer_files_max: usize,
    /// Bytes of a peer's standard error kept (the tail).
    pub stderr_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            message_bytes_max: 16 << 20,
            case_bytes_max: 48 << 20,
            case_messages_max: 100_000,
            nesting_max: 1024,
            greeting_ms_max: 5_000,
            step_ms_max: 5_000,
            send_ms_per_kib: 20,
            case_ms_max: 20_000,
            peer_rss_mib_max: 2_048,
            peer_files_max: 256,
            stderr_bytes_max: 16 << 10,
        }
    }
}

impl Limits {
    /// Milliseconds to wait for the reply to a step that sent `bytes` bytes.
    pub fn step_ms(&self, bytes: usize) -> u64 {
        self.step_ms_max + self.send_ms_per_kib * (bytes as u64 / 1024)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_longer_step_gets_more_time() {
        let limits = Limits::default();
        assert_eq!(limits.step_ms(1023), limits.step_ms_max);
        assert_eq!(limits.step_ms(1 << 20), limits.step_ms_max + 1024 * limits.send_ms_per_kib);
    }
}
