//! `opentelemetry.exporter`: where the collector is.

use super::super::back_end::{ClientSsl, headers, is_https, url};
use crate::redaction::url_without_secrets;
use crate::rule::OneOf;
use crate::section::Section;
use std::fmt;

/// `exporter`: where the collector is.
#[derive(Clone, PartialEq, Eq)]
pub struct Exporter {
    /// `endpoint`, default `http://localhost:4317`. With `https://` TLS is spoken, as `ssl_options` has it.
    pub endpoint: String,
    /// `protocol`, default grpc.
    pub protocol: ExporterProtocol,
    /// `headers` that are sent too: names in lower case, ordered. Default empty.
    pub headers: Vec<(String, String)>,
    /// `ssl_options`, for `https://`.
    pub ssl: ClientSsl,
}

/// How the collector is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExporterProtocol {
    /// `grpc`: OTLP/gRPC, usually on port 4317.
    Grpc,
    /// `http_protobuf`, or `http`: OTLP/HTTP with Protobuf, usually on port 4318. `/v1/metrics` and so on are added to the path.
    HttpProtobuf,
}

const PROTOCOLS: &[(&str, ExporterProtocol)] = &[
    ("grpc", ExporterProtocol::Grpc),
    ("http_protobuf", ExporterProtocol::HttpProtobuf),
    ("http", ExporterProtocol::HttpProtobuf),
];

impl Default for Exporter {
    fn default() -> Self {
        Self {
            endpoint: "http://localhost:4317".to_owned(),
            protocol: ExporterProtocol::Grpc,
            headers: Vec::new(),
            ssl: ClientSsl::default(),
        }
    }
}

/// Without what may be a secret.
impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, protocol, headers, ssl } = self;
        let names: Vec<_> = headers.iter().map(|(name, _)| name).collect();
        let mut shown = f.debug_struct("Exporter");
        shown.field("endpoint", &url_without_secrets(endpoint)).field("protocol", protocol);
        shown.field("headers", &names).field("ssl", ssl).finish()
    }
}

impl Exporter {
    pub(super) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        section.without_effect("interval", ": write `opentelemetry.metrics.interval`");
        let endpoint_origin = section.origin_of("endpoint");
        let read = Self {
            endpoint: section.value("endpoint", &url(), default.endpoint),
            protocol: section.value("protocol", &OneOf(PROTOCOLS), default.protocol),
            headers: headers(section),
            ssl: ClientSsl::called(section, "ssl_options"),
        };
        if read.endpoint.contains('?') {
            section.conflict(
                "endpoint",
                &endpoint_origin,
                "has a query; what a collector wants to know is for `headers`",
            );
        }
        if read.ssl.enable && !is_https(&read.endpoint) {
            let message = "is reached without TLS, which `ssl_options` enables: write `https://`";
            section.conflict("endpoint", &endpoint_origin, message);
        }
        if read.is_tls() && !read.ssl.enable && !read.ssl.verify_peer {
            let message = "is reached with TLS that checks nothing: write `ssl_options.verify = verify_peer`";
            section.warn_at("endpoint", &endpoint_origin, message);
        }
        read
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        is_https(&self.endpoint)
    }
}

#[cfg(test)]
mod tests {
    use crate::load;

    #[test]
    fn tls_is_for_endpoints_that_have_it() {
        let refused = [
            ("endpoint = \"http://c:4317\", ssl_options.enable = true", "https://"),
            ("endpoint = \"https://c:4317/?key=1\"", "query"),
            ("protocol = json", "http_protobuf"),
        ];
        for (text, word) in refused {
            let text = format!("opentelemetry.exporter {{ {text} }}");
            let error = load(&text, "dunlin.conf", []).unwrap_err().to_string();
            assert!(error.contains("`opentelemetry.exporter.") && error.contains(word), "{error}");
        }
        let text = "opentelemetry.exporter { endpoint = \"https://c\", headers.Authorization = planted }";
        let loaded = load(text, "dunlin.conf", []).unwrap();
        let exporter = loaded.config.opentelemetry.exporter;
        assert!(exporter.is_tls() && !format!("{exporter:?}").contains("planted"), "{exporter:?}");
        assert_eq!(exporter.headers, [("authorization".to_owned(), "planted".to_owned())]);
    }
}
