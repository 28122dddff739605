//! `dunlin sub`: prints what comes, for quick tests.

use super::mqtt_arguments::{MqttArguments, qos};
use super::mqtt_usage::{EXIT_CODES, failed, timed_out, wrong_usage};
use clap::{Args, ValueEnum};
use dunlin_model::{ProtocolVersion, Qos, RetainHandling, SubscriptionOptions};
use dunlin_mqtt_client::{
    ClientError, ConnectSettings, MessageFormat, PropertyPacket, ReceivedMessage, StopSignal, Subscribed,
    SubscriberSettings, Taken, subscribe,
};
use dunlin_topic::SubscriptionFilter;
use jiff::Zoned;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

pub(super) const EXAMPLES: &str = "\
Examples:
  dunlin sub -t '#' -v                                       everything, with its topic
  dunlin sub -t home/+/temperature -q 1
  dunlin sub -t '$SYS/#' -v -h broker.lan -u ann -P secret
  dunlin sub -t readings -C 10 -W 30                         ten messages, for at most 30 seconds
  dunlin sub -t readings -F %j | jq .                        JSON: topic, payload, QoS, properties, time
  dunlin sub -t a -F '@H:@M:@S %t q%q %l bytes: %p'
  dunlin sub -L wss://broker.example.com/mqtt -t '#' -v      -L mqtts://broker.example.com/a/b
  dunlin sub -i logger -c -q 1 -t 'readings/#'               goes on where it stopped
  dunlin sub -t '$share/workers/jobs' -q 1

Formats: %t topic, %p payload, %x %X in hex, %q QoS, %r retain, %m packet id, %l length, %I %U time, %j JSON, %J JSON with a payload \
that is JSON, %A topic alias, %C content type, %D correlation data, %E expiry, %F payload format, %P user properties, %R response \
topic, %S subscription identifiers, @X time as of strftime, @N nanoseconds; \\n, \\t, \\e, \\0.";

/// Arguments of `dunlin sub`.
#[derive(Args, Debug)]
#[command(disable_help_flag = true, after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(super) struct SubscribeArguments {
    /// Topic filter to subscribe to; may be given several times
    #[arg(short, long, value_parser = filter)]
    topic: Vec<String>,
    /// Leave out messages of these topics; may be given several times
    #[arg(short = 'T', long, value_name = "FILTER", value_parser = filter)]
    filter_out: Vec<String>,
    /// End a subscription that the session has; may be given several times
    #[arg(short = 'U', long, value_name = "FILTER", value_parser = filter)]
    unsubscribe: Vec<String>,
    /// Quality of service: 0, 1 or 2
    #[arg(short, long, default_value = "0", value_parser = qos)]
    qos: Qos,
    /// End after so many messages
    #[arg(short = 'C', long, value_name = "COUNT")]
    count: Option<u64>,
    /// End after so many seconds
    #[arg(short = 'W', long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    wait: Option<u32>,
    /// End when the broker has taken the subscription
    #[arg(short = 'E', long)]
    subscribe_only: bool,
    /// Print the topic in front of each message
    #[arg(short, long, conflicts_with = "format")]
    verbose: bool,
    /// How a message is printed: see below
    #[arg(short = 'F', long)]
    format: Option<MessageFormat>,
    /// Print no line end behind a message
    #[arg(short = 'N')]
    no_line_end: bool,
    /// Leave out messages that were retained before
    #[arg(short = 'R', conflicts_with = "retained_only")]
    no_retained: bool,
    /// Only messages that were retained before; end with the first other one
    #[arg(long)]
    retained_only: bool,
    /// Leave the RETAIN flag of live messages as the publisher has set it (5.0)
    #[arg(long)]
    retain_as_published: bool,
    /// When retained messages are sent (5.0)
    #[arg(long, value_name = "WHEN")]
    retain_handling: Option<RetainWhen>,
    /// Do not get what this client publishes (5.0)
    #[arg(long)]
    no_local: bool,
    #[command(flatten)]
    mqtt: MqttArguments,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RetainWhen {
    Always,
    New,
    Never,
}

impl From<RetainWhen> for RetainHandling {
    fn from(when: RetainWhen) -> Self {
        match when {
            RetainWhen::Always => Self::Always,
            RetainWhen::New => Self::IfNew,
            RetainWhen::Never => Self::Never,
        }
    }
}

impl SubscribeArguments {
    /// Prints messages until it is enough.
    pub(super) fn run(self) -> ExitCode {
        let (connect, settings) = match self.settings() {
            Ok(settings) => settings,
            Err(error) => return wrong_usage(&error),
        };
        let stop = match StopSignal::install() {
            Ok(stop) => stop,
            Err(error) => return failed(&error),
        };
        let mut printer = Printer::new(self);
        match subscribe(&connect, &settings, stop, |message| printer.take(message)) {
            Ok(Subscribed::Done | Subscribed::Stopped) => ExitCode::SUCCESS,
            Ok(Subscribed::TimedOut) => timed_out(),
            // Whoever read the output has seen enough.
            Err(ClientError::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(ClientError::Stopped) => ExitCode::SUCCESS,
            Err(error) => failed(&error),
        }
    }

    fn settings(&self) -> Result<(ConnectSettings, SubscriberSettings), String> {
        let (mut connect, mut sheets) = self.mqtt.settings("dunlin-sub")?;
        let needs_v5 = self.retain_as_published || self.retain_handling.is_some() || self.no_local;
        if needs_v5 && connect.version != ProtocolVersion::V5 {
            return Err("--retain-as-published, --retain-handling and --no-local need -V 5".to_owned());
        }
        let mut filters = self.topic.clone();
        if let Some(topic) = connect.endpoint.topic.take() {
            filters.push(filter(&topic)?);
        }
        if filters.is_empty() && self.unsubscribe.is_empty() {
            return Err("which topics? -t FILTER, or mqtt://HOST/TOPIC".to_owned());
        }
        let settings = SubscriberSettings {
            filters,
            options: SubscriptionOptions {
                qos: self.qos,
                no_local: self.no_local,
                retain_as_published: self.retain_as_published,
                retain_handling: self.retain_handling.map(RetainHandling::from).unwrap_or_default(),
            },
            properties: sheets.take(PropertyPacket::Subscribe),
            unsubscribe: self.unsubscribe.clone(),
            unsubscribe_properties: sheets.take(PropertyPacket::Unsubscribe),
            goodbye: sheets.take(PropertyPacket::Disconnect),
            ends_when_subscribed: self.subscribe_only,
            count: self.count,
            patience: self.wait.map(|seconds| Duration::from_secs(seconds.into())),
        };
        sheets.check_used()?;
        Ok((connect, settings))
    }
}

/// Prints messages.
struct Printer {
    format: MessageFormat,
    filter_out: Vec<String>,
    no_retained: bool,
    retained_only: bool,
    /// What clients send may command a terminal; everywhere else it stays as it is.
    is_terminal: bool,
    line: Vec<u8>,
}

impl Printer {
    fn new(arguments: SubscribeArguments) -> Self {
        let has_line_end = !arguments.no_line_end;
        let format = match arguments.format {
            Some(format) if has_line_end => format.with_line_end(),
            Some(format) => format,
            None => MessageFormat::plain(arguments.verbose, has_line_end),
        };
        Self {
            format,
            filter_out: arguments.filter_out,
            no_retained: arguments.no_retained,
            retained_only: arguments.retained_only,
            is_terminal: io::stdout().is_terminal(),
            line: Vec::new(),
        }
    }

    /// Prints a message at once, unless it is to be left out.
    fn take(&mut self, message: &ReceivedMessage) -> Result<Taken, ClientError> {
        if self.retained_only && !message.retain {
            return Ok(Taken::Enough);
        }
        let is_out = self.filter_out.iter().any(|filter| dunlin_topic::matches(filter, &message.topic));
        if is_out || (self.no_retained && message.retain) {
            return Ok(Taken::LeftOut);
        }
        self.line.clear();
        let now = Zoned::now();
        let written = if self.is_terminal {
            self.format.write(&harmless(message), &now, &mut self.line)
        } else {
            self.format.write(message, &now, &mut self.line)
        };
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                eprintln!("dunlin: {}: {error}", message.topic.escape_debug());
                return Ok(Taken::Counted);
            }
            Err(error) => return Err(ClientError::Output(error)),
        }
        let mut output = io::stdout().lock();
        output.write_all(&self.line).and_then(|()| output.flush()).map_err(ClientError::Output)?;
        Ok(Taken::Counted)
    }
}

/// The message with nothing in it that a terminal would obey.
fn harmless(message: &ReceivedMessage) -> ReceivedMessage {
    let plain = |text: &str| -> String {
        text.chars()
            .map(|letter| if letter.is_control() && !matches!(letter, '\n' | '\t') { '\u{fffd}' } else { letter })
            .collect()
    };
    let bytes = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes)).into_bytes();
    ReceivedMessage {
        topic: plain(&message.topic),
        payload: bytes(&message.payload),
        content_type: message.content_type.as_deref().map(plain),
        response_topic: message.response_topic.as_deref().map(plain),
        correlation_data: message.correlation_data.as_deref().map(bytes),
        user: message.user.iter().map(|(name, value)| (plain(name), plain(value))).collect(),
        ..message.clone()
    }
}

fn filter(text: &str) -> Result<String, String> {
    SubscriptionFilter::parse(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_command_a_terminal() {
        let message = ReceivedMessage {
            topic: "a\u{1b}[2J".to_owned(),
            payload: b"one\ntwo\x1b]0;x\x07\xff".to_vec(),
            ..ReceivedMessage::default()
        };
        let shown = harmless(&message);
        assert_eq!(shown.topic, "a\u{fffd}[2J");
        assert_eq!(String::from_utf8(shown.payload).unwrap(), "one\ntwo\u{fffd}]0;x\u{fffd}\u{fffd}");
    }
}
