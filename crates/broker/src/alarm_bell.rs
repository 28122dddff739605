//! Alarms of others.

use crate::shared::Shared;
use std::sync::Arc;

/// Begins and ends alarms on behalf of what surrounds the broker, such as its certificates.
#[derive(Clone)]
pub struct AlarmBell {
    pub(crate) shared: Arc<Shared>,
}

impl AlarmBell {
    /// Begins an alarm, if it does not last already.
    pub fn raise(&self, name: &str, message: &str) {
        self.shared.raise_alarm(name, message);
    }

    /// Ends an alarm, if it lasts.
    pub fn end(&self, name: &str) {
        self.shared.end_alarm(name);
    }
}
