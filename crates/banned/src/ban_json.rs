//! Bans as JSON, the way EMQX's API gives and takes them.

use crate::{Ban, InvalidBan, Terms, Who, WhoKind, moment_text, parse_moment};
use serde_json::{Map, Value};

/// `by` of a ban that does not say.
pub const DEFAULT_AUTHOR: &str = "mgmt_api";

/// `until` of a ban without end.
const INFINITY: &str = "infinity";

/// The longest `by` and `reason`, in bytes.
const MAX_REMARK_BYTES: usize = 4096;

const REMARK: &str = "a text of at most 4096 bytes";
const MOMENT: &str = "a moment such as 2026-08-07T10:00:00Z (RFC 3339)";
const END: &str = "a moment such as 2026-08-07T10:00:00Z (RFC 3339), or infinity";

impl Ban {
    /// `{"as":"clientid","who":"c1","by":"mgmt_api","reason":"","at":"2026-08-07T10:00:00Z","until":"infinity"}`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let Terms { by, reason, at, until } = &self.terms;
        let until = until.map_or_else(|| INFINITY.to_owned(), moment_text);
        let fields = [
            ("as", self.who.kind().as_str().to_owned()),
            ("who", self.who.text().into_owned()),
            ("by", by.to_string()),
            ("reason", reason.to_string()),
            ("at", moment_text(*at)),
            ("until", until),
        ];
        Value::Object(fields.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text))).collect())
    }

    /// Reads one. Only `as` and `who` have to be there: without `by` it is [`DEFAULT_AUTHOR`], without `at` it begins now, and
    /// without `until` it never ends.
    ///
    /// # Errors
    /// [`InvalidBan`]. One that is over is none; [`Ban::from_stored`] reads those too.
    pub fn from_json(json: &Value, now: u64) -> Result<Self, InvalidBan> {
        let ban = Self::from_stored(json, now)?;
        if ban.terms.is_over(now) { Err(InvalidBan::Over) } else { Ok(ban) }
    }

    /// As [`Ban::from_json`], also where it is over by now.
    ///
    /// # Errors
    /// [`InvalidBan`].
    pub fn from_stored(json: &Value, now: u64) -> Result<Self, InvalidBan> {
        const NAMES: [&str; 6] = ["as", "who", "by", "reason", "at", "until"];
        let none = Map::new();
        let object = json.as_object().unwrap_or(&none);
        if let Some(unknown) = object.keys().find(|name| !NAMES.contains(&name.as_str())) {
            return Err(InvalidBan::UnknownField(unknown.clone()));
        }
        Self::from_texts(now, |field| match object.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(InvalidBan::Field { field, expected: "a text" }),
        })
    }

    /// Reads one from the texts of its fields.
    pub(crate) fn from_texts<'a>(
        now: u64,
        text: impl Fn(&'static str) -> Result<Option<&'a str>, InvalidBan>,
    ) -> Result<Self, InvalidBan> {
        let kind = WhoKind::parse(text("as")?.ok_or(InvalidBan::Missing("as"))?)?;
        let who = Who::parse(kind, text("who")?.ok_or(InvalidBan::Missing("who"))?)?;
        let at = match text("at")? {
            None => now,
            Some(at) => parse_moment(at).ok_or(InvalidBan::Field { field: "at", expected: MOMENT })?,
        };
        let until = match text("until")? {
            None | Some(INFINITY) => None,
            Some(until) => Some(parse_moment(until).ok_or(InvalidBan::Field { field: "until", expected: END })?),
        };
        let remark = |field| match text(field)? {
            Some(text) if text.len() > MAX_REMARK_BYTES => Err(InvalidBan::Field { field, expected: REMARK }),
            remark => Ok(remark),
        };
        let by = remark("by")?.unwrap_or(DEFAULT_AUTHOR).into();
        let reason = remark("reason")?.unwrap_or_default().into();
        Ok(Self { who, terms: Terms { by, reason, at, until } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: u64 = 1_800_000_000;

    #[test]
    fn a_ban_looks_as_in_emqx() {
        let given = json!({
            "as": "peerhost_net", "who": "192.0.2.9/24", "by": "boot", "reason": "why",
            "at": "2021-10-25T21:53:47+08:00", "until": "2035-10-25T21:53:47+08:00",
        });
        let shown = json!({
            "as": "peerhost_net", "who": "192.0.2.0/24", "by": "boot", "reason": "why",
            "at": "2021-10-25T13:53:47Z", "until": "2035-10-25T13:53:47Z",
        });
        let ban = Ban::from_json(&given, NOW).expect("a ban");
        assert_eq!(ban.to_json(), shown);
        assert_eq!(Ban::from_json(&shown, NOW), Ok(ban));
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let ban = Ban::from_json(&json!({"as": "clientid", "who": "c1", "until": null}), NOW).expect("a ban");
        let shown = json!({
            "as": "clientid", "who": "c1", "by": "mgmt_api", "reason": "",
            "at": "2027-01-15T08:00:00Z", "until": "infinity",
        });
        assert_eq!((ban.to_json(), ban.terms.is_over(u64::MAX)), (shown, false));
    }

    #[test]
    fn what_is_no_ban_says_why() {
        for (given, problem) in [
            (json!([]), "`as` is missing"),
            (json!({"as": "clientid"}), "`who` is missing"),
            (json!({"as": "nobody", "who": "a"}), "`as` is one of clientid"),
            (json!({"as": "clientid", "who": 1}), "`who` is a text"),
            (json!({"as": "clientid", "who": "a", "util": "infinity"}), "no field `util`"),
            (json!({"as": "clientid", "who": "a", "until": "soon"}), "`until` is a moment"),
            (json!({"as": "clientid", "who": "a", "at": "now"}), "`at` is a moment"),
            (json!({"as": "clientid", "who": "a", "reason": "a".repeat(4097)}), "`reason` is a text of at most"),
            (json!({"as": "clientid", "who": "a", "until": "2027-01-15T08:00:00Z"}), "in the past"),
        ] {
            let error = Ban::from_json(&given, NOW).expect_err("no ban").to_string();
            assert!(error.contains(problem), "{given}: {error}");
        }
    }
}
