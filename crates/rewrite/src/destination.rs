//! What a topic becomes: text with places for what was captured, and for the names of the client.

use crate::ClientNames;
use regex::Captures;

/// What a topic becomes, taken apart once.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    /// The number of a capture.
    Capture(usize),
    ClientId,
    Username,
}

/// Names of the client, as they are written; `%c` and `%u` are those of old rules.
const NAMES: [(&str, Part); 4] =
    [("${clientid}", Part::ClientId), ("${username}", Part::Username), ("%c", Part::ClientId), ("%u", Part::Username)];

impl Destination {
    /// Reads a text, where so many parts are captured. What stands for nothing is text.
    pub(crate) fn parse(mut rest: &str, captures: usize) -> Self {
        let mut destination = Self { parts: Vec::new() };
        while let Some(first) = rest.chars().next() {
            let placeholder = NAMES.iter().find_map(|(name, part)| Some((rest.strip_prefix(name)?, part.clone())));
            let placeholder = placeholder.or_else(|| {
                let (number, behind) = read_capture(rest, captures)?;
                Some((behind, Part::Capture(number)))
            });
            if let Some((behind, part)) = placeholder {
                destination.parts.push(part);
                rest = behind;
            } else {
                destination.push(first);
                rest = rest.strip_prefix(first).unwrap_or_default();
            }
        }
        destination
    }

    fn push(&mut self, text: char) {
        if let Some(Part::Text(there)) = self.parts.last_mut() {
            there.push(text);
        } else {
            self.parts.push(Part::Text(text.to_string()));
        }
    }

    /// The text with everything in its place; what nobody knows stays as it is written. `None` where the name of the client has a
    /// wildcard in it, which would select what the rule does not mean.
    pub(crate) fn render(&self, captures: &Captures<'_>, client: ClientNames<'_>) -> Option<String> {
        let mut topic = String::new();
        for part in &self.parts {
            let (name, placeholder) = match part {
                Part::Text(text) => {
                    topic.push_str(text);
                    continue;
                }
                Part::Capture(number) => {
                    topic.push_str(captures.get(*number).map_or("", |found| found.as_str()));
                    continue;
                }
                Part::ClientId => (client.client_id, "${clientid}"),
                Part::Username => (client.username.unwrap_or_default(), "${username}"),
            };
            if name.contains(['+', '#']) {
                return None;
            }
            topic.push_str(if name.is_empty() { placeholder } else { name });
        }
        Some(topic)
    }
}

/// `$12`: the longest number that is one of a capture, and what is behind it.
fn read_capture(text: &str, captures: usize) -> Option<(usize, &str)> {
    let digits = text.strip_prefix('$')?;
    let count = digits.bytes().take(3).take_while(u8::is_ascii_digit).count();
    (1..=count).rev().find_map(|length| {
        let (number, behind) = digits.split_at_checked(length)?;
        let number = number.parse().ok().filter(|number| (1..=captures).contains(number))?;
        Some((number, behind))
    })
}
