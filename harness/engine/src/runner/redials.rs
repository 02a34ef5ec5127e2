//! How often, and after how long, a connection or a peer is tried again that was not to be had.

use std::time::Duration;

/// Tries after the first.
const REDIALS_MAX: u32 = 2;
/// Milliseconds between two.
const REDIAL_MS: u64 = 200;

/// The tries that were made.
#[derive(Debug, Default)]
pub(super) struct Redials {
    made: u32,
}

impl Redials {
    /// Waits for the next try. False when there is to be none.
    pub async fn again(&mut self) -> bool {
        if self.made == REDIALS_MAX {
            return false;
        }
        self.made += 1;
        tokio::time::sleep(Duration::from_millis(REDIAL_MS)).await;
        true
    }
}
