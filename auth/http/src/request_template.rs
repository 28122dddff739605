//! A request with placeholders.

use crate::percent::encode;
use crate::{HttpSettings, HttpSettingsError, Method};
use dunlin_auth_http_client::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use dunlin_auth_http_client::http::{self, Request};
use dunlin_auth_http_client::{Bytes, Origin};
use dunlin_expression::{Bindings, Part, Template};
use serde_json::{Map, Value};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// What EMQX sends along.
const DEFAULT_HEADERS: [(&str, &str); 4] = [
    ("accept", JSON),
    ("cache-control", "no-cache"),
    ("connection", "keep-alive"),
    ("keep-alive", "timeout=30, max=1000"),
];

/// Headers that say where a request begins and ends are the client's alone.
const OWN_HEADERS: [&str; 5] = ["content-length", "transfer-encoding", "host", "expect", "upgrade"];

/// Why a question about a client cannot be put: something in what it says has no place in a request. Nobody else is harmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unaskable {
    /// Bytes that are no text in JSON.
    #[error("{0} is no text")]
    NotText(String),
    /// It would end a header.
    #[error("a value has bytes that no header can have")]
    Header,
    /// A segment of the path would be `.` or `..`.
    #[error("a value would lead out of the path")]
    Path,
    /// The address or the body would be too long.
    #[error("the request would be too long")]
    TooLong,
}

/// The longest body of a request.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// A request with placeholders.
#[derive(Debug)]
pub(crate) struct RequestTemplate {
    method: Method,
    path: Template,
    query: Option<Template>,
    headers: Vec<(HeaderName, Template)>,
    body: Vec<(String, Node)>,
    is_form: bool,
}

#[derive(Debug)]
enum Node {
    Text(Template),
    Constant(Value),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl RequestTemplate {
    /// Reads `url`, `headers` and `body`; `names` are those that are placeholders.
    pub(crate) fn parse(settings: &HttpSettings, names: &[&str]) -> Result<(Origin, Self), HttpSettingsError> {
        let (origin, target) =
            Origin::split(&settings.url).map_err(|error| HttpSettingsError::Url(error.to_string()))?;
        if target.contains('#') {
            return Err(HttpSettingsError::Url("must have no fragment".into()));
        }
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let path = if path.is_empty() { "/" } else { path };
        let headers = headers(settings, names)?;
        let is_form = settings.method == Method::Get || is_form(&headers)?;
        let template = Self {
            method: settings.method,
            path: Template::parse(path, names),
            query: query.map(|query| Template::parse(query, names)),
            headers,
            body: object(&settings.body, names),
            is_form,
        };
        template.check_body()?;
        // With nothing in the placeholders it has to be an address already.
        let nobody = |_: &str| Some(dunlin_expression::Value::Text("x".into()));
        match template.target(&nobody).map(|target| target.parse::<http::uri::PathAndQuery>()) {
            Ok(Ok(_)) => Ok((origin, template)),
            _ => Err(HttpSettingsError::Url("has a path or a query that is none".into())),
        }
    }

    fn check_body(&self) -> Result<(), HttpSettingsError> {
        let nested = self.body.iter().find(|(_, node)| matches!(node, Node::List(_) | Node::Object(_)));
        match nested.filter(|_| self.is_form) {
            Some((name, _)) => {
                Err(HttpSettingsError::Body { name: name.clone(), reason: "a form has texts and numbers only".into() })
            }
            None => Ok(()),
        }
    }

    /// The request about one client.
    pub(crate) fn render(&self, values: &dyn Bindings) -> Result<Request<Bytes>, Unaskable> {
        let body = match self.method {
            Method::Get => String::new(),
            Method::Post if self.is_form => self.form(values),
            Method::Post => Value::Object(json_object(&self.body, values)?).to_string(),
        };
        if body.len() > MAX_BODY_BYTES {
            return Err(Unaskable::TooLong);
        }
        let method = match self.method {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
        };
        let target: http::Uri = self.target(values)?.try_into().map_err(|_| Unaskable::TooLong)?;
        let mut request = Request::new(Bytes::from(body));
        *request.method_mut() = method;
        *request.uri_mut() = target;
        *request.headers_mut() = self.header_map(values)?;
        Ok(request)
    }

    fn header_map(&self, values: &dyn Bindings) -> Result<HeaderMap, Unaskable> {
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, template) in &self.headers {
            let mut bytes = Vec::new();
            each_part(template, values, |part| bytes.extend_from_slice(part));
            headers.insert(name.clone(), HeaderValue::from_bytes(&bytes).map_err(|_| Unaskable::Header)?);
        }
        Ok(headers)
    }

    fn target(&self, values: &dyn Bindings) -> Result<String, Unaskable> {
        let mut target = String::new();
        encode_values(&self.path, values, &mut target);
        // A server, or a proxy in front of it, takes such segments out again (RFC 3986 §5.2.4), escaped or not.
        if self.path.variables().next().is_some() && target.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(Unaskable::Path);
        }
        let mut query = String::new();
        if let Some(template) = &self.query {
            encode_values(template, values, &mut query);
        }
        if self.method == Method::Get {
            let form = self.form(values);
            if !query.is_empty() && !form.is_empty() {
                query.push('&');
            }
            query.push_str(&form);
        }
        if !query.is_empty() {
            target.push('?');
            target.push_str(&query);
        }
        Ok(target)
    }

    fn form(&self, values: &dyn Bindings) -> String {
        let mut form = String::new();
        for (name, node) in &self.body {
            if !form.is_empty() {
                form.push('&');
            }
            encode(name.as_bytes(), &mut form);
            form.push('=');
            match node {
                Node::Text(template) => each_part(template, values, |part| encode(part, &mut form)),
                Node::Constant(Value::Null) => {}
                Node::Constant(value) => encode(value.to_string().as_bytes(), &mut form),
                // Refused when the settings were read.
                Node::List(_) | Node::Object(_) => {}
            }
        }
        form
    }
}

impl Node {
    fn parse(value: &Value, names: &[&str]) -> Self {
        match value {
            Value::String(text) => Self::Text(Template::parse(text, names)),
            Value::Array(list) => Self::List(list.iter().map(|value| Self::parse(value, names)).collect()),
            Value::Object(fields) => Self::Object(object(fields, names)),
            constant => Self::Constant(constant.clone()),
        }
    }

    fn json(&self, values: &dyn Bindings) -> Result<Value, Unaskable> {
        Ok(match self {
            Self::Text(template) => {
                Value::String(template.render_or_empty(values).map_err(|error| Unaskable::NotText(error.to_string()))?)
            }
            Self::Constant(value) => value.clone(),
            Self::List(list) => Value::Array(list.iter().map(|node| node.json(values)).collect::<Result<_, _>>()?),
            Self::Object(fields) => Value::Object(json_object(fields, values)?),
        })
    }
}

fn object(fields: &Map<String, Value>, names: &[&str]) -> Vec<(String, Node)> {
    fields.iter().map(|(name, value)| (name.clone(), Node::parse(value, names))).collect()
}

fn json_object(fields: &[(String, Node)], values: &dyn Bindings) -> Result<Map<String, Value>, Unaskable> {
    fields.iter().map(|(name, node)| Ok((name.clone(), node.json(values)?))).collect()
}

/// The text as it stands, the values percent-encoded.
fn encode_values(template: &Template, values: &dyn Bindings, into: &mut String) {
    for part in template.parts() {
        match part {
            Part::Text(text) => into.push_str(text),
            Part::Variable(name) => with_value(name, values, |bytes| encode(bytes, into)),
        }
    }
}

/// The bytes of text and values alike; nothing for a value that is missing.
fn each_part(template: &Template, values: &dyn Bindings, mut each: impl FnMut(&[u8])) {
    for part in template.parts() {
        match part {
            Part::Text(text) => each(text.as_bytes()),
            Part::Variable(name) => with_value(name, values, &mut each),
        }
    }
}

fn with_value(name: &str, values: &dyn Bindings, mut take: impl FnMut(&[u8])) {
    match values.variable(name) {
        Some(dunlin_expression::Value::Bytes(bytes)) => take(&bytes),
        Some(value) => {
            if let Ok(text) = value.to_text() {
                take(text.as_bytes());
            }
        }
        None => {}
    }
}

fn headers(settings: &HttpSettings, names: &[&str]) -> Result<Vec<(HeaderName, Template)>, HttpSettingsError> {
    let content_type = (settings.method == Method::Post).then_some((CONTENT_TYPE.as_str(), JSON));
    let own = settings.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut headers: Vec<(HeaderName, Template)> = Vec::new();
    for (name, value) in DEFAULT_HEADERS.into_iter().chain(content_type).chain(own) {
        let refuse = |reason: &str| HttpSettingsError::Header { name: name.to_owned(), reason: reason.to_owned() };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse("is no name of a header"))?;
        if OWN_HEADERS.contains(&header.as_str()) {
            return Err(refuse("is set by the broker"));
        }
        if header == CONTENT_TYPE && settings.method == Method::Get {
            return Err(refuse("a GET has no content"));
        }
        let template = Template::parse(value, names);
        if template.parts().iter().any(|part| matches!(part, Part::Text(text) if HeaderValue::from_str(text).is_err()))
        {
            return Err(refuse("has letters that no header can have"));
        }
        headers.retain(|(known, _)| *known != header);
        headers.push((header, template));
    }
    Ok(headers)
}

fn is_form(headers: &[(HeaderName, Template)]) -> Result<bool, HttpSettingsError> {
    let template = headers.iter().find(|(name, _)| *name == CONTENT_TYPE).map(|(_, template)| template);
    let content_type = template.and_then(Template::as_constant).unwrap_or_default();
    match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        JSON => Ok(false),
        FORM => Ok(true),
        _ => Err(HttpSettingsError::Header {
            name: CONTENT_TYPE.as_str().to_owned(),
            reason: format!("must be {JSON} or {FORM}"),
        }),
    }
}

#[cfg(test)]
mod tests;
