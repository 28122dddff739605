//! Arguments about TLS and WebSocket.

use crate::error::RunError;
use crate::layers::{Layers, TlsClient, TlsOptions, TlsVersion, WebSocketClient};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// TLS version as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TlsVersionName {
    /// TLS 1.2
    #[value(name = "1.2")]
    V12,
    /// TLS 1.3
    #[value(name = "1.3")]
    V13,
}

/// What lies between TCP and MQTT; --tls and --ws together are wss.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "TLS and WebSocket")]
pub(super) struct LayerArguments {
    /// Connect over TLS; needs --cafile or --insecure
    #[arg(long)]
    tls: bool,
    /// PEM file of the authorities to trust
    #[arg(long, value_name = "FILE", requires = "tls", conflicts_with = "insecure")]
    cafile: Option<PathBuf>,
    /// Trust every server
    #[arg(long, requires = "tls")]
    insecure: bool,
    /// PEM file of the clients' certificate, with intermediate ones behind it
    #[arg(long, value_name = "FILE", requires = "tls", requires = "key")]
    cert: Option<PathBuf>,
    /// PEM file of its key, not encrypted
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// Name or address that the server's certificate is for; without it that of --host
    #[arg(long, value_name = "NAME", requires = "tls")]
    server_name: Option<String>,
    /// The only TLS version to speak; without it the highest the broker knows
    #[arg(long, value_enum, requires = "tls")]
    tls_version: Option<TlsVersionName>,
    /// Connect over WebSocket
    #[arg(long)]
    ws: bool,
    /// Path of the WebSocket, with a query if there is one
    #[arg(long, default_value = "/mqtt", requires = "ws")]
    path: String,
}

impl LayerArguments {
    /// The port brokers listen on by default.
    pub(super) fn default_port(&self) -> u16 {
        match (self.tls, self.ws) {
            (false, false) => 1883,
            (true, false) => 8883,
            (false, true) => 8083,
            (true, true) => 8084,
        }
    }

    /// The layers towards a broker at `host` and `port`.
    pub(super) fn layers(&self, host: &str, port: u16) -> Result<Layers, RunError> {
        if self.tls && self.cafile.is_none() && !self.insecure {
            return Err(RunError::Usage("--tls needs --cafile FILE, or --insecure to trust every server".to_owned()));
        }
        let is_sound = |byte: u8| byte.is_ascii_graphic();
        if self.ws && !(self.path.starts_with('/') && self.path.bytes().all(is_sound)) {
            return Err(RunError::Usage("--path must begin with / and have no spaces".to_owned()));
        }
        Ok(Layers {
            tls: self.tls.then(|| TlsClient::load(&self.tls_options(host))).transpose()?,
            websocket: self.ws.then(|| WebSocketClient { host: host_and_port(host, port), path: self.path.clone() }),
        })
    }

    fn tls_options(&self, host: &str) -> TlsOptions {
        TlsOptions {
            authorities: self.cafile.clone(),
            identity: self.cert.clone().zip(self.key.clone()),
            server_name: self.server_name.clone().unwrap_or_else(|| host.to_owned()),
            version: self.tls_version.map(|version| match version {
                TlsVersionName::V12 => TlsVersion::V12,
                TlsVersionName::V13 => TlsVersion::V13,
            }),
        }
    }
}

/// As a Host header has it: an IPv6 address in brackets (RFC 3986 §3.2.2).
fn host_and_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        layers: LayerArguments,
    }

    fn layers(line: &str) -> Result<Layers, String> {
        let words = std::iter::once("test").chain(line.split_whitespace());
        let parsed = Line::try_parse_from(words).map_err(|error| error.to_string())?;
        parsed.layers.layers("::1", 4711).map_err(|error| error.to_string())
    }

    #[test]
    fn layers_are_put_together() {
        let shape = |line| layers(line).map(|layers| (layers.tls.is_some(), layers.websocket.map(|ws| ws.path)));
        assert_eq!(shape(""), Ok((false, None)));
        assert_eq!(shape("--tls --insecure"), Ok((true, None)));
        assert_eq!(shape("--ws"), Ok((false, Some("/mqtt".to_owned()))));
        let wss = "--tls --insecure --tls-version 1.2 --ws --path /other?token=1";
        assert_eq!(shape(wss), Ok((true, Some("/other?token=1".to_owned()))));
        assert_eq!(layers("--ws").unwrap().websocket.unwrap().host, "[::1]:4711");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let rows = [
            ("--tls", "--tls needs --cafile FILE"),
            ("--insecure", "--tls"),
            ("--tls --insecure --cafile ca.pem", "cannot be used with"),
            ("--tls --insecure --cert client.pem", "--key"),
            ("--path /mqtt", "--ws"),
            ("--ws --path mqtt", "--path must begin with /"),
            ("--tls --cafile /no/such/file", "/no/such/file"),
            ("--tls --insecure --server-name a..b", "a..b"),
        ];
        for (line, expected) in rows {
            let error = layers(line).unwrap_err();
            assert!(error.contains(expected), "{line}: {error}");
        }
    }
}
