//! What the configuration accepts, refuses and says, through its public interface.

mod access_messages;
mod access_samples;
mod authenticator_keys;
mod back_end_keys;
mod changes;
mod dashboard_keys;
mod effective;
mod entries;
mod entry_row;
mod environment;
mod every_key;
mod hostile_text;
mod limiter_keys;
mod listener_keys;
mod listeners;
mod log;
mod manual;
mod messages;
mod old_files;
mod opentelemetry_keys;
mod row;
mod sample_files;
mod secrets;
mod source_keys;
mod sources;
mod ssl_options;
mod zones;

use dunlin_config::{ConfigErrors, Loaded, load};

fn load_text(text: &str) -> Result<Loaded, ConfigErrors> {
    load(text, "dunlin.conf", [])
}

/// The error lines of a text that must be refused.
fn errors_of(text: &str) -> Vec<String> {
    load_text(text).expect_err(text).to_string().lines().map(str::to_owned).collect()
}

/// The warning lines of a text that must be accepted.
fn warnings_of(text: &str) -> Vec<String> {
    load_text(text).expect(text).warnings.iter().map(ToString::to_string).collect()
}
