//! Lines of the control socket.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest line, in bytes, its end included: a configuration file is sent as one.
pub(super) const LINE_BYTES_MAX: usize = 4 << 20;

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    /// `store.info`.
    pub(super) command: String,
    /// Whatever the command needs.
    #[serde(default)]
    pub(super) arguments: Value,
}

/// What is answered.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reply {
    /// The answer.
    Ok(Value),
    /// Why there is none.
    Error {
        /// For people.
        message: String,
    },
}

impl Reply {
    pub(super) fn error(message: impl Into<String>) -> Self {
        Self::Error { message: message.into() }
    }
}

/// The line of a request or a reply.
pub(super) fn line(content: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(content)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lines_look_as_documented() {
        let request = Request { command: "store.info".into(), arguments: json!({}) };
        assert_eq!(line(&request).unwrap(), b"{\"command\":\"store.info\",\"arguments\":{}}\n");
        assert_eq!(line(&Reply::Ok(json!({"a": 1}))).unwrap(), b"{\"ok\":{\"a\":1}}\n");
        assert_eq!(line(&Reply::error("no")).unwrap(), b"{\"error\":{\"message\":\"no\"}}\n");
    }

    #[test]
    fn arguments_may_be_left_out_and_strangers_are_refused() {
        assert!(serde_json::from_str::<Request>("{\"command\":\"a\"}").unwrap().arguments.is_null());
        assert!(serde_json::from_str::<Request>("{\"command\":\"a\",\"argument\":1}").is_err());
        assert!(serde_json::from_str::<Request>("{}").is_err());
    }
}
