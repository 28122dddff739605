//! Topics that become others. Authorization is asked about what the client has written, before.

use super::{Worker, authorizing::Leave, delaying::with_topic, reading::hand_to_session};
use crate::{log_throttle::Provoked, shared::Shared};
use dunlin_codec::{Packet, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters};
use dunlin_model::Message;
use dunlin_rewrite::{ClientNames, RewriteRules, Rewritten};
use tracing::warn;

impl Worker {
    /// The message with the topic that rules give it.
    #[inline(never)]
    pub(super) fn rewritten(&mut self, shared: &Shared, message: Message) -> Message {
        let Some(rules) = self.services.rewrites.clone().filter(|rules| rules.rewrites_messages()) else {
            return message;
        };
        let client = || ClientNames { client_id: message.publisher(), username: self.user_name_of(shared, &message) };
        match rules.topic(message.topic(), client) {
            Rewritten::Unchanged => message,
            Rewritten::To(topic) => with_topic(&message, &topic),
            Rewritten::Unusable => {
                self.note_unusable(message.topic(), message.publisher());
                message
            }
        }
    }

    /// The user name of who has published a message, while it is connected here.
    fn user_name_of(&self, shared: &Shared, message: &Message) -> Option<&str> {
        let view = self.view(self.find_session(shared, message.publisher())?)?;
        view.username()
    }

    /// Hands a SUBSCRIBE or UNSUBSCRIBE to its session, with the filters that rules make of those in it; false where there are no
    /// rules, or it is another packet.
    #[inline]
    pub(super) fn handle_rewritten(&mut self, shared: &Shared, slot: u32, packet: &Packet<'_>, leave: &Leave) -> bool {
        let has_filters =
            self.services.rewrites.is_some() && matches!(packet, Packet::Subscribe(_) | Packet::Unsubscribe(_));
        if has_filters {
            self.rewrite_and_handle(shared, slot, packet, leave);
        }
        has_filters
    }

    #[cold]
    fn rewrite_and_handle(&mut self, shared: &Shared, slot: u32, packet: &Packet<'_>, leave: &Leave) {
        let Some(rules) = self.services.rewrites.clone() else { return };
        match packet {
            Packet::Subscribe(subscribe) => {
                let given: Vec<_> = subscribe.filters.iter().collect();
                let filters = self.rewrite_all(&rules, slot, given.iter().map(|(filter, _)| *filter));
                let options = given.iter().map(|(_, options)| *options);
                let filters: Vec<_> = filters.iter().map(String::as_str).zip(options).collect();
                let filters = SubscribeFilters::Values(&filters);
                self.hand_in_packet(
                    shared,
                    slot,
                    &Packet::Subscribe(Subscribe { filters, ..subscribe.clone() }),
                    leave,
                );
            }
            Packet::Unsubscribe(unsubscribe) => {
                let filters = self.rewrite_all(&rules, slot, unsubscribe.filters.iter());
                let filters: Vec<_> = filters.iter().map(String::as_str).collect();
                let filters = UnsubscribeFilters::Values(&filters);
                let packet = Packet::Unsubscribe(Unsubscribe { filters, ..unsubscribe.clone() });
                self.hand_in_packet(shared, slot, &packet, leave);
            }
            _ => {}
        }
    }

    fn rewrite_all<'a>(
        &mut self,
        rules: &RewriteRules,
        slot: u32,
        filters: impl Iterator<Item = &'a str>,
    ) -> Vec<String> {
        let mut unusable = None;
        let Self { connections, sessions, .. } = self;
        let connection = connections.get(slot);
        let client_id = connection.and_then(|connection| sessions.client_id(connection.session)).unwrap_or_default();
        let client = ClientNames { client_id, username: connection.and_then(|connection| connection.user_name()) };
        let rewrite = |filter: &'a str| match rules.filter(filter, client) {
            Rewritten::To(rewritten) => rewritten,
            Rewritten::Unchanged => filter.to_owned(),
            Rewritten::Unusable => {
                unusable = Some((filter, client_id.to_owned()));
                filter.to_owned()
            }
        };
        let rewritten = filters.map(rewrite).collect();
        if let Some((filter, client_id)) = unusable {
            self.note_unusable(filter, &client_id);
        }
        rewritten
    }

    fn hand_in_packet(&mut self, shared: &Shared, slot: u32, packet: &Packet<'_>, leave: &Leave) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let session_slot = connection.session;
        let Some(entry) = self.sessions.get_mut(session_slot) else { return };
        connection.need_out(&mut self.buffers);
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let mut out = connection.outbox(&mut self.outputs, &mut self.sent);
        let counters = &shared.counters[self.index];
        match hand_to_session(&mut entry.session, counters, turn, packet, leave, &mut out) {
            Ok(()) => self.settle(shared, session_slot),
            Err(fault) => self.close_with_fault(shared, slot, fault),
        }
    }

    fn note_unusable(&mut self, topic: &str, client_id: &str) {
        if let Some(held_back) = self.log_throttle.pass(Provoked::RewriteUnusable, self.now) {
            let reason = "what the rule makes of it is no topic, or a name of the client has a wildcard in it";
            warn!(msg = "topic_rewrite_failed", topic, clientid = client_id, reason, held_back);
        }
    }
}
