//! `dunlin pub`: publishes for quick tests.

use super::mqtt_arguments::{MqttArguments, qos, topic_name};
use super::mqtt_properties::Sheets;
use super::mqtt_usage::{EXIT_CODES, failed, wrong_usage};
use clap::Args;
use dunlin_model::Qos;
use dunlin_mqtt_client::{ConnectSettings, PayloadSource, PropertyPacket, PublisherSettings, StopSignal, publish};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Bytes of the largest payload there is.
const PAYLOAD_BYTES_MAX: u64 = 256 << 20;

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin pub -t home/lamp -m on
  dunlin pub -t home/lamp -m on -q 1 -r                           keep it for whoever subscribes later
  dunlin pub -t home/lamp -n -r                                   remove what is kept
  sensors | dunlin pub -t readings -l -q 1                        each line is a message
  dunlin pub -t picture -f picture.jpg
  dunlin pub -t clock -m tick --repeat 10 --repeat-delay 1
  dunlin pub -L mqtts://ann:secret@broker.example.com/a/b -m hi   -L wss://broker.example.com/mqtt -t a/b
  dunlin pub -h broker.lan --cafile ca.pem --cert me.pem --key me.key -t a -m hi
  dunlin pub -t a -m hi -D PUBLISH user-property colour red -D PUBLISH content-type text/plain";

/// Arguments of `dunlin pub`.
#[derive(Args, Debug)]
#[command(disable_help_flag = true, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(super) struct PublishArguments {
    /// Topic to publish to
    #[arg(short, long, value_parser = topic_name)]
    topic: Option<String>,
    #[command(flatten)]
    payload: PayloadArguments,
    /// Quality of service: 0, 1 or 2
    #[arg(short, long, default_value = "0", value_parser = qos)]
    qos: Qos,
    /// Keep the message for whoever subscribes later
    #[arg(short, long)]
    retain: bool,
    /// Publish it so many times
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "stdin_line")]
    repeat: u32,
    /// Seconds from one time to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 0.0, requires = "repeat")]
    repeat_delay: f64,
    /// Do not say how many messages the broker refused
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    mqtt: MqttArguments,
}

#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
struct PayloadArguments {
    /// The message
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// Send a file as the message
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Send each line of standard input as a message
    #[arg(short = 'l', long)]
    stdin_line: bool,
    /// Send all of standard input as one message
    #[arg(short = 's', long)]
    stdin_file: bool,
    /// Send an empty message
    #[arg(short, long)]
    null_message: bool,
}

impl PublishArguments {
    /// Publishes, and ends when the broker has acknowledged it.
    pub(super) fn run(self) -> ExitCode {
        let (connect, settings) = match self.settings() {
            Ok(settings) => settings,
            Err(error) => return wrong_usage(&error),
        };
        let source = match self.source() {
            Ok(source) => source,
            Err(error) => return failed(&error),
        };
        let stop = match StopSignal::install() {
            Ok(stop) => stop,
            Err(error) => return failed(&error),
        };
        match publish(&connect, &settings, source, stop) {
            Ok(published) if published.refused == 0 => ExitCode::SUCCESS,
            Ok(published) => {
                if !self.quiet {
                    let why = published.first_refusal.unwrap_or_default();
                    eprintln!(
                        "dunlin: the broker refused {} of {} messages: {why}",
                        published.refused,
                        published.refused + published.taken
                    );
                }
                ExitCode::FAILURE
            }
            Err(error) => failed(&error),
        }
    }

    fn settings(&self) -> Result<(ConnectSettings, PublisherSettings), String> {
        let (mut connect, mut sheets): (_, Sheets) = self.mqtt.settings("dunlin-pub")?;
        let of_url = connect.endpoint.topic.take().map(|topic| topic_name(&topic)).transpose()?;
        let topic = self.topic.clone().or(of_url).ok_or("which topic? -t TOPIC, or mqtt://HOST/TOPIC")?;
        let settings = PublisherSettings {
            topic,
            qos: self.qos,
            retain: self.retain,
            properties: sheets.take(PropertyPacket::Publish),
            goodbye: sheets.take(PropertyPacket::Disconnect),
        };
        sheets.check_used()?;
        Ok((connect, settings))
    }

    fn source(&self) -> Result<PayloadSource, String> {
        let payload = match &self.payload {
            PayloadArguments { stdin_line: true, .. } => return Ok(PayloadSource::lines()),
            PayloadArguments { file: Some(path), .. } => read_file(path)?,
            PayloadArguments { stdin_file: true, .. } => read_to_end(std::io::stdin().lock(), "standard input")?,
            PayloadArguments { message: Some(text), .. } => text.clone().into_bytes(),
            _ => Vec::new(),
        };
        let delay =
            Duration::try_from_secs_f64(self.repeat_delay).map_err(|error| format!("--repeat-delay: {error}"))?;
        Ok(PayloadSource::repeated(payload, self.repeat, delay))
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let name = path.display().to_string();
    let file = std::fs::File::open(path).map_err(|error| format!("cannot read {name}: {error}"))?;
    read_to_end(file, &name)
}

fn read_to_end(input: impl std::io::Read, name: &str) -> Result<Vec<u8>, String> {
    let mut payload = Vec::new();
    input
        .take(PAYLOAD_BYTES_MAX + 1)
        .read_to_end(&mut payload)
        .map_err(|error| format!("cannot read {name}: {error}"))?;
    if payload.len() as u64 > PAYLOAD_BYTES_MAX {
        return Err(format!("{name} has more than 256 MiB, which no message can have"));
    }
    Ok(payload)
}
