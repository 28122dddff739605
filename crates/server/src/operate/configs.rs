//! The configuration of this node, shown and changed while it runs.

use super::OperatedNode;
use crate::configuration::{ChangeError, ChangeMode, ChangeReport, What};
use dunlin_api::configs::{ConfigMode, Configs, ConfigurationParts};
use dunlin_api::{ErrorCode, Refusal};
use dunlin_hocon::{Reader, Value, write};

/// What errors call a text that comes with a request.
const NAME: &str = "request";

/// Roots that cannot be changed at run time.
const READ_ONLY_ROOTS: [&str; 3] = ["cluster", "node", "rpc"];

impl Configs for OperatedNode {
    fn configuration(&self, key: Option<&str>) -> Result<ConfigurationParts, Refusal> {
        let running = self.running()?;
        let shown = running.configuration.show(key, What::Effective);
        let shown = shown.map_err(|error| Refusal::not_found(error.to_string()))?;
        Ok(ConfigurationParts { text: shown.text, places: shown.places, values: shown.values })
    }

    fn change_configuration(&self, text: &str, mode: ConfigMode, ignore_readonly: bool) -> Result<(), Refusal> {
        let running = self.running()?;
        let mode = match mode {
            ConfigMode::Merge => ChangeMode::Merge,
            ConfigMode::Replace => ChangeMode::Replace,
        };
        let changeable = if ignore_readonly { Some(without_read_only(text)?) } else { None };
        let text = changeable.as_deref().unwrap_or(text);
        let report = running.configuration.load((NAME, text), mode, &*running.node, &self.answerer.logs);
        judge(report)
    }

    fn reset_configuration(&self, key: &str) -> Result<(), Refusal> {
        let running = self.running()?;
        judge(running.configuration.remove(key, &*running.node, &self.answerer.logs))
    }
}

/// A change that did not take effect is kept, and told.
pub(super) fn judge(report: Result<ChangeReport, ChangeError>) -> Result<(), Refusal> {
    match report {
        Ok(report) if report.failed.is_empty() => Ok(()),
        Ok(report) => {
            let reasons = report.failed.join("; ");
            Err(Refusal::new(ErrorCode::UpdateFailed, format!("The change is kept, but not in effect: {reasons}")))
        }
        Err(error) => Err(change_refusal(&error)),
    }
}

/// Why a change is not made, in the words of the API.
pub(super) fn change_refusal(error: &ChangeError) -> Refusal {
    let code = match error {
        ChangeError::NotSet(_) | ChangeError::NoValue(_) | ChangeError::NoKey(_) => ErrorCode::NoDefaultValue,
        ChangeError::Unwritable { .. } | ChangeError::Unreadable(_) => ErrorCode::UpdateFailed,
        _ => ErrorCode::BadRequest,
    };
    Refusal::new(code, error.to_string())
}

fn without_read_only(text: &str) -> Result<String, Refusal> {
    let mut tree = Reader::new().read(NAME, text).map_err(|error| Refusal::bad_request(error.to_string()))?;
    if let Value::Object(roots) = &mut tree.value {
        roots.retain(|root, _| !READ_ONLY_ROOTS.contains(&root.as_str()));
    }
    Ok(write(&tree))
}
