//! The last things each client did, for whoever has to understand a violation. Messages are left out: there are too many.

use super::{ClientNumber, Event, Moment};
use std::collections::{BTreeMap, VecDeque};

const ENTRIES_KEPT: usize = 10;

#[derive(Debug, Default)]
pub(super) struct Diary(BTreeMap<ClientNumber, VecDeque<String>>);

impl Diary {
    pub(super) fn note(&mut self, cycle: u32, now: Moment, event: &Event<'_>) {
        let Some((client, text)) = describe(event) else { return };
        let entries = self.0.entry(client).or_default();
        if entries.len() == ENTRIES_KEPT {
            entries.pop_front();
        }
        entries.push_back(format!("cycle {cycle}, event {now}: {text}"));
    }

    pub(super) fn of(&self, client: ClientNumber) -> Vec<String> {
        self.0.get(&client).map(|entries| entries.iter().cloned().collect()).unwrap_or_default()
    }
}

fn describe(event: &Event<'_>) -> Option<(ClientNumber, String)> {
    Some(match event {
        Event::ConnectSent { client, clean_start, will, .. } => {
            let will = will.map_or(String::new(), |will| format!(", will {} after {} s", will.sequence, will.delay_s));
            (*client, format!("CONNECT, clean start {}{will}", u8::from(*clean_start)))
        }
        Event::ConnectAcknowledged { client, session_present } => {
            (*client, format!("CONNACK, session present {}", u8::from(*session_present)))
        }
        Event::DisconnectSent { client } => (*client, "DISCONNECT".to_owned()),
        Event::ConnectionEnded { client, end } => (*client, format!("connection ended: {end:?}")),
        Event::SubscribeSent { client, filters } => (*client, format!("SUBSCRIBE {filters:?}")),
        Event::SubscribeAcknowledged { client, granted } => (*client, format!("SUBACK {granted:?}")),
        Event::UnsubscribeSent { client, filter } => (*client, format!("UNSUBSCRIBE {filter}")),
        Event::UnsubscribeAcknowledged { client } => (*client, "UNSUBACK".to_owned()),
        _ => return None,
    })
}
