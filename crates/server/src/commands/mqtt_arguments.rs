//! The arguments that `dunlin sub` and `dunlin pub` have in common: which broker, how, as whom. They are those of `mosquitto_sub`.

use super::mqtt_properties::{PropertyArguments, Sheets};
use clap::{ArgAction, Args};
use dunlin_model::{ProtocolVersion, Qos};
use dunlin_mqtt_client::{Carrier, ConnectSettings, Endpoint, PropertyPacket, WillSettings};
use dunlin_tls::{ClientTls, ClientTlsOptions, PemSource, ReadFiles, Verify};
use rustls::ClientConfig;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const CONNECTION: &str = "Connection";
const TLS: &str = "TLS";
const WILL: &str = "Will";

/// Which broker, how, as whom.
#[derive(Args, Debug)]
pub(super) struct MqttArguments {
    /// mqtt://, mqtts://, ws:// or wss://[USER[:PASSWORD]@]HOST[:PORT][/TOPIC or, for ws and wss, /PATH]
    #[arg(short = 'L', long, value_name = "URL", conflicts_with_all = ["host", "port"], help_heading = CONNECTION)]
    url: Option<String>,
    /// Broker's name or address
    #[arg(short = 'h', long, default_value = "localhost", help_heading = CONNECTION)]
    host: String,
    /// Broker's port [default: 1883, 8883 with TLS, 8083 with --ws, 8084 with both]
    #[arg(short, long, help_heading = CONNECTION)]
    port: Option<u16>,
    /// Speak MQTT over WebSocket
    #[arg(long, conflicts_with = "url", help_heading = CONNECTION)]
    ws: bool,
    /// What is asked for with WebSocket [default: /mqtt]
    #[arg(long, value_name = "PATH", help_heading = CONNECTION)]
    ws_path: Option<String>,
    /// Version of MQTT: 3.1, 3.1.1 or 5 (also mqttv31, mqttv311, mqttv5)
    #[arg(short = 'V', long, default_value = "5", value_parser = version, value_name = "VERSION", help_heading = CONNECTION)]
    protocol_version: ProtocolVersion,
    /// Client id [default: one that nobody else has]
    #[arg(short, long, value_name = "CLIENTID", help_heading = CONNECTION)]
    id: Option<String>,
    /// Client id is this and the number of the process
    #[arg(short = 'I', long, value_name = "PREFIX", conflicts_with = "id", help_heading = CONNECTION)]
    id_prefix: Option<String>,
    /// User name
    #[arg(short, long, help_heading = CONNECTION)]
    username: Option<String>,
    /// Password; others can see it in the list of processes, but not in the environment
    #[arg(short = 'P', long = "pw", alias = "password", env = "DUNLIN_MQTT_PASSWORD", hide_env_values = true, help_heading = CONNECTION)]
    password: Option<String>,
    /// Keep the session when the connection ends (needs --id)
    #[arg(short = 'c', long, requires = "id", help_heading = CONNECTION)]
    disable_clean_session: bool,
    /// Seconds that the session outlives the connection (5.0) [default: 0, with -c for ever]
    #[arg(short = 'x', long, value_name = "SECONDS", help_heading = CONNECTION)]
    session_expiry_interval: Option<u32>,
    /// Seconds between signs of life, 0 for none
    #[arg(short, long, default_value_t = 60, value_name = "SECONDS", help_heading = CONNECTION)]
    keepalive: u16,
    /// Seconds until a broker that does not answer is given up
    #[arg(long, default_value_t = 10, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..), help_heading = CONNECTION)]
    connect_timeout: u16,
    #[command(flatten)]
    properties: PropertyArguments,
    /// Tell of each packet on standard error
    #[arg(short, long)]
    debug: bool,
    #[command(flatten)]
    tls: TlsArguments,
    #[command(flatten)]
    will: WillArguments,
    /// Print help
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

/// Any of them asks for TLS.
#[derive(Args, Debug)]
struct TlsArguments {
    /// Speak TLS, and trust whom web browsers trust
    #[arg(long, help_heading = TLS)]
    tls: bool,
    /// Certificates of the authorities to trust, PEM
    #[arg(long, value_name = "FILE", help_heading = TLS)]
    cafile: Option<PathBuf>,
    /// The client's certificate, PEM
    #[arg(long, value_name = "FILE", requires = "key", help_heading = TLS)]
    cert: Option<PathBuf>,
    /// The key of that certificate, PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = TLS)]
    key: Option<PathBuf>,
    /// Trust every server: for tests, since anybody can be in between
    #[arg(long, help_heading = TLS)]
    insecure: bool,
    /// The version of TLS to speak: tlsv1.2 or tlsv1.3 [default: the highest of both sides]
    #[arg(long, value_name = "VERSION", value_parser = ["tlsv1.2", "tlsv1.3"], help_heading = TLS)]
    tls_version: Option<String>,
}

#[derive(Args, Debug)]
struct WillArguments {
    /// Topic of the message that the broker publishes when this client is lost
    #[arg(long, value_name = "TOPIC", value_parser = topic_name, help_heading = WILL)]
    will_topic: Option<String>,
    /// Its payload
    #[arg(long, value_name = "TEXT", requires = "will_topic", help_heading = WILL)]
    will_payload: Option<String>,
    /// Its quality of service
    #[arg(long, value_name = "QOS", requires = "will_topic", value_parser = qos, default_value = "0", help_heading = WILL)]
    will_qos: Qos,
    /// Retain it
    #[arg(long, requires = "will_topic", help_heading = WILL)]
    will_retain: bool,
}

impl MqttArguments {
    /// What the arguments say, the client id beginning with `name` where none is given; and the properties of the other packets.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(super) fn settings(&self, name: &str) -> Result<(ConnectSettings, Sheets), String> {
        let mut endpoint = self.endpoint()?;
        if let Some(path) = &self.ws_path {
            endpoint.path = if path.starts_with('/') { path.clone() } else { format!("/{path}") };
        }
        let tls = if endpoint.carrier.is_secure() { Some(self.tls.load()?) } else { None };
        let mut sheets = self.properties.sheets()?;
        if self.protocol_version != ProtocolVersion::V5
            && (self.session_expiry_interval.is_some() || !sheets.is_empty())
        {
            return Err("properties and --session-expiry-interval need -V 5".to_owned());
        }
        let mut properties = sheets.take(PropertyPacket::Connect);
        if self.protocol_version == ProtocolVersion::V5 {
            let for_ever = self.disable_clean_session.then_some(u32::MAX);
            properties.session_expiry_interval =
                self.session_expiry_interval.or(properties.session_expiry_interval).or(for_ever);
        }
        let will = self.will.will_topic.as_ref().map(|topic| WillSettings {
            topic: topic.clone(),
            payload: self.will.will_payload.clone().unwrap_or_default().into_bytes(),
            qos: self.will.will_qos,
            retain: self.will.will_retain,
            properties: sheets.take(PropertyPacket::Will),
        });
        let username = self.username.clone().or_else(|| endpoint.username.take());
        let password = self.password.clone().or_else(|| endpoint.password.take());
        if username.is_none() && password.is_some() && self.protocol_version != ProtocolVersion::V5 {
            return Err("a password without a user name needs -V 5".to_owned());
        }
        let settings = ConnectSettings {
            endpoint,
            tls,
            version: self.protocol_version,
            client_id: self.client_id(name),
            clean_start: !self.disable_clean_session,
            keep_alive: self.keepalive,
            username,
            password,
            will,
            properties,
            connect_timeout: Duration::from_secs(self.connect_timeout.into()),
            tells_packets: self.debug,
        };
        Ok((settings, sheets))
    }

    fn endpoint(&self) -> Result<Endpoint, String> {
        if let Some(url) = &self.url {
            let mut endpoint = Endpoint::parse(url)?;
            if self.tls.is_wanted() {
                endpoint.carrier = secured(endpoint.carrier);
            }
            return Ok(endpoint);
        }
        let plain = if self.ws { Carrier::WebSocket } else { Carrier::Tcp };
        let carrier = if self.tls.is_wanted() { secured(plain) } else { plain };
        Ok(Endpoint::new(carrier, self.host.as_str(), self.port))
    }

    /// Short enough for MQTT 3.1, which has room for 23 letters.
    fn client_id(&self, name: &str) -> String {
        match (&self.id, &self.id_prefix) {
            (Some(id), _) => id.clone(),
            (None, Some(prefix)) => format!("{prefix}{}", std::process::id()),
            (None, None) => format!("{name}-{:08x}", fastrand::u32(..)),
        }
    }
}

const fn secured(carrier: Carrier) -> Carrier {
    match carrier {
        Carrier::Tcp | Carrier::Tls => Carrier::Tls,
        Carrier::WebSocket | Carrier::SecureWebSocket => Carrier::SecureWebSocket,
    }
}

impl TlsArguments {
    fn is_wanted(&self) -> bool {
        self.tls || self.insecure || self.cafile.is_some() || self.cert.is_some() || self.tls_version.is_some()
    }

    fn load(&self) -> Result<Arc<ClientConfig>, String> {
        let source = |file: &Option<PathBuf>| file.as_deref().map(|file: &Path| PemSource::from(file));
        let mut options = ClientTlsOptions {
            cacertfile: source(&self.cafile),
            certfile: source(&self.cert),
            keyfile: source(&self.key),
            verify: if self.insecure { Verify::None } else { Verify::Peer },
            ..ClientTlsOptions::default()
        };
        if let Some(version) = &self.tls_version {
            options.versions = vec![version.clone()];
        }
        let mut files = ReadFiles::new(SystemTime::UNIX_EPOCH);
        let tls = ClientTls::load(&options, &mut files).map_err(|error| error.to_string())?;
        Ok(tls.config)
    }
}

fn version(text: &str) -> Result<ProtocolVersion, String> {
    match text {
        "3" | "31" | "3.1" | "mqttv31" => Ok(ProtocolVersion::V3),
        "4" | "311" | "3.1.1" | "mqttv311" => Ok(ProtocolVersion::V4),
        "5" | "5.0" | "mqttv5" => Ok(ProtocolVersion::V5),
        _ => Err("3.1, 3.1.1 or 5".to_owned()),
    }
}

/// Reads a quality of service.
pub(super) fn qos(text: &str) -> Result<Qos, String> {
    text.parse().ok().and_then(Qos::from_u8).ok_or_else(|| "0, 1 or 2".to_owned())
}

/// Reads a topic to publish to.
pub(super) fn topic_name(text: &str) -> Result<String, String> {
    dunlin_topic::validate_name(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}
