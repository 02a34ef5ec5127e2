//! How fast an agent reads, outside any case.

use super::Runner;
use super::link::Heard;
use qmprobe_wire::{Value, request};
use std::time::Instant;

/// Bytes of the ids that show it; no more of them when one took so long.
const BYTES: [usize; 4] = [16 << 10, 256 << 10, 256 << 10, 256 << 10];
const SECONDS_MAX: f64 = 0.5;

impl Runner {
    /// Bytes a second that an agent makes at its best of a command with a long id, and of the reply. `None` when one is
    /// not answered.
    pub async fn bytes_per_second(&mut self) -> Option<f64> {
        let mut rate: f64 = 0.0;
        for bytes in BYTES {
            let mut command = request::execute("guest-ping", None, Some(&Value::string("p".repeat(bytes))));
            command.push(b'\n');
            self.ear.begin();
            if self.session.is_none() {
                self.session = self.command_mode().await.ok();
            }
            let session = self.session.as_mut()?;
            command.clone_into(&mut self.asked);
            let began = Instant::now();
            let (_, heard) = session.ask_one(&mut self.ear, command, None).await;
            if heard != Heard::All {
                session.erred = true;
                self.retire().await;
                return None;
            }
            let seconds = began.elapsed().as_secs_f64();
            rate = rate.max(bytes as f64 / seconds);
            if seconds > SECONDS_MAX {
                break;
            }
        }
        Some(rate)
    }
}
