//! `-D PACKET PROPERTY VALUE [VALUE]`, as often as wanted: the properties of MQTT 5.0.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use dunlin_mqtt_client::{PropertyPacket, PropertySheet};

const NAME: &str = "property";

const HELP: &str = "\
Set a property (5.0): -D PUBLISH content-type text/plain, -D CONNECT user-property NAME VALUE

CONNECT: session-expiry-interval, receive-maximum, maximum-packet-size, topic-alias-maximum, request-response-information, \
request-problem-information. PUBLISH and WILL: message-expiry-interval, payload-format-indicator, content-type, response-topic, \
correlation-data; PUBLISH also topic-alias, WILL also will-delay-interval. SUBSCRIBE: subscription-identifier. DISCONNECT: \
session-expiry-interval. These, and UNSUBSCRIBE, have user-property.";

/// All occurrences of `-D`, each with its words.
#[derive(Clone, Debug, Default)]
pub(super) struct PropertyArguments(Vec<Vec<String>>);

/// The properties of each packet.
#[derive(Debug, Default)]
pub(super) struct Sheets(Vec<(PropertyPacket, PropertySheet)>);

impl Sheets {
    /// Those of one packet, which are gone then.
    pub(super) fn take(&mut self, packet: PropertyPacket) -> PropertySheet {
        let found = self.0.iter().position(|(of, _)| *of == packet);
        found.map(|at| self.0.swap_remove(at).1).unwrap_or_default()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A packet that is never sent has properties.
    pub(super) fn check_used(&self) -> Result<(), String> {
        match self.0.first() {
            Some((packet, _)) => {
                Err(format!("-D: this command sends no {} here", format!("{packet:?}").to_uppercase()))
            }
            None => Ok(()),
        }
    }
}

impl PropertyArguments {
    pub(super) fn sheets(&self) -> Result<Sheets, String> {
        let mut sheets = Sheets::default();
        for words in &self.0 {
            let [packet, name, values @ ..] = words.as_slice() else { continue };
            let packet: PropertyPacket = packet.parse().map_err(|error| format!("-D: {error}"))?;
            let at = sheets.0.iter().position(|(of, _)| *of == packet).unwrap_or_else(|| {
                sheets.0.push((packet, PropertySheet::default()));
                sheets.0.len() - 1
            });
            let Some((_, sheet)) = sheets.0.get_mut(at) else { continue };
            sheet.add(packet, name, values).map_err(|error| format!("-D: {error}"))?;
        }
        Ok(sheets)
    }
}

/// By hand, because what belongs to one occurrence has to stay together.
impl FromArgMatches for PropertyArguments {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut arguments = Self::default();
        arguments.update_from_arg_matches(matches)?;
        Ok(arguments)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        let occurrences = matches.get_occurrences::<String>(NAME).into_iter().flatten();
        self.0 = occurrences.map(|words| words.cloned().collect()).collect();
        Ok(())
    }
}

impl Args for PropertyArguments {
    fn augment_args(command: Command) -> Command {
        let (short, long) = HELP.split_once("\n\n").unwrap_or((HELP, ""));
        command.arg(
            Arg::new(NAME)
                .short('D')
                .long(NAME)
                .num_args(3..=4)
                .action(ArgAction::Append)
                .value_names(["PACKET", "PROPERTY", "VALUE"])
                .help(short)
                .long_help(format!("{short}\n\n{long}")),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
