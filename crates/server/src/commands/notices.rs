//! What the author of a configuration should know although a node starts with it, for `check_config` and `dunlin start`.

use crate::Certificates;
use crate::access_control;
use crate::configuration::Configuration;
use dunlin_config::{Config, EnableAuthn, Listener};
use std::fmt::Write as _;
use std::fs::File;

/// More are not shown: the rest is what `check_config` is for.
const LINES_MAX: usize = 20;

/// What is wrong with none of the files that a configuration names, but should be known.
///
/// # Errors
/// What would keep a node from starting.
pub(super) fn of_files(config: &Config) -> Result<Vec<String>, String> {
    let mut warnings = Certificates::check(config).map_err(|error| error.to_string())?;
    access_control::check(config).map_err(|error| error.to_string())?;
    warnings.extend(missing_files(config));
    Ok(warnings)
}

/// Files of a first start that are not there: without them a node starts all the same.
fn missing_files(config: &Config) -> Vec<String> {
    let files = [
        ("api_key.bootstrap_file", &config.api_key.bootstrap_file, "none of its keys is taken over"),
        ("banned.bootstrap_file", &config.banned.bootstrap_file, "none of its bans is taken over"),
    ];
    let named = files.into_iter().filter_map(|(key, file, hint)| Some((key, file.as_ref()?, hint)));
    let unreadable = named.filter_map(|(key, file, hint)| {
        let error = File::open(file).err()?;
        Some(format!("{key}: {} cannot be read: {error}; {hint}", file.display()))
    });
    unreadable.collect()
}

/// Listeners that let everyone in who reaches them.
pub(super) fn open_listeners(config: &Config) -> Vec<String> {
    let is_open = |listener: &&Listener| {
        let asks = !(config.authentication.is_empty() && listener.authentication.is_empty());
        listener.enable && (listener.enable_authn == EnableAuthn::No || !asks)
    };
    config.listeners.iter().filter(is_open).map(Listener::id).collect()
}

/// The lines for somebody who has started a node that is ready.
pub(super) fn after_start(configuration: &Configuration) -> String {
    let mut warnings: Vec<String> = configuration.loaded().warnings.iter().map(ToString::to_string).collect();
    // The node has read them all without an error.
    warnings.extend(Certificates::check(configuration.config()).unwrap_or_default());
    warnings.extend(missing_files(configuration.config()));
    let open = open_listeners(configuration.config());
    if !open.is_empty() {
        warnings.push(format!(
            "nobody asks who a client is on {}: everyone is let in; set `authentication`",
            open.join(", ")
        ));
    }
    lines(&warnings)
}

/// One line each, as many as are read.
fn lines(warnings: &[String]) -> String {
    let mut text = String::new();
    for warning in warnings.iter().take(LINES_MAX) {
        // Writing to text cannot fail.
        let _ = writeln!(text, "warning: {warning}");
    }
    if let Some(more) = warnings.len().checked_sub(LINES_MAX).filter(|more| *more > 0) {
        let _ = writeln!(text, "warning: and {more} more, which `dunlin check_config` shows");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_lines_are_shown() {
        let warnings: Vec<String> = (0..LINES_MAX + 3).map(|number| number.to_string()).collect();
        let text = lines(&warnings);
        assert_eq!(text.lines().count(), LINES_MAX + 1);
        assert!(text.ends_with("warning: and 3 more, which `dunlin check_config` shows\n"), "{text}");
        assert_eq!(lines(&warnings[..LINES_MAX]).lines().count(), LINES_MAX);
    }
}
