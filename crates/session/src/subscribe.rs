//! SUBSCRIBE and UNSUBSCRIBE from the client.

use crate::{Fault, Outbox, Output, Session, Subscription, Turn, session::Link, subscriptions::key};
use dunlin_codec::{Packet, SubAck, Subscribe, Unsubscribe};
use dunlin_model::{ArcStr, DisconnectReason, ProtocolVersion, ReasonCode, SubscriptionOptions};
use dunlin_topic::SubscriptionFilter;
use hashbrown::HashSet;
use std::borrow::Cow;

/// What the client asks for, checked against the settings; the broker adds what only it can know.
#[derive(Clone, Debug)]
pub struct SubscribeRequest {
    /// For the answer; 0 where the client has asked for nothing and gets none.
    pub packet_id: u16,
    /// Subscription identifier, 0 is none.
    pub subscription_id: u32,
    /// One for each filter, in order.
    pub items: Vec<SubscribeItem>,
}

/// One filter of a SUBSCRIBE.
#[derive(Clone, Debug)]
pub struct SubscribeItem {
    /// As the router knows it: with the mountpoint of the connection, behind `$share/{group}/` and the like. Where the code is an
    /// error it may be as the client wrote it.
    pub filter: ArcStr,
    /// Options with the QoS that will be granted.
    pub options: SubscriptionOptions,
    /// The answer so far: a granted QoS, or why not. The broker may replace a grant by a refusal.
    pub code: ReasonCode,
    /// The session did not have this subscription before.
    pub is_new: bool,
}

/// The answer to a SUBSCRIBE or UNSUBSCRIBE must not be sent [MQTT-3.1.2-24] and the client would wait for it without end.
/// Found before anything is done: no subscription changes that the client is not told of.
const ANSWER_TOO_LARGE: Fault = Fault::new(ReasonCode::PacketTooLarge, DisconnectReason::PacketTooLarge);

impl Session {
    /// A SUBSCRIBE came: asks the broker by [`Output::Subscribe`]. `denied` says for each filter in order whether the client may
    /// not have it; where it ends, it may.
    ///
    /// # Errors
    /// A [`Fault`] for what the protocol does not allow, and for more filters than the client takes codes in one SUBACK.
    pub fn handle_subscribe(
        &mut self,
        turn: Turn<'_>,
        subscribe: &Subscribe<'_>,
        denied: &[bool],
        out: &mut Outbox<'_>,
    ) -> Result<(), Fault> {
        let count = subscribe.filters.len();
        if !self.takes_codes(count) {
            return Err(ANSWER_TOO_LARGE);
        }
        let mut items = Vec::with_capacity(count);
        // One packet is a sequence of subscriptions [MQTT-3.8.4-5]: a filter granted twice is new, and counts, once.
        let mut added = HashSet::new();
        for (place, (filter, options)) in subscribe.filters.iter().enumerate() {
            let is_denied = denied.get(place).is_some_and(|denied| *denied);
            let item = self.weigh(turn, filter, options, is_denied, &added)?;
            if item.is_new && !item.code.is_error() && count > 1 {
                added.insert(key(filter));
            }
            items.push(item);
        }
        let subscription_id = subscribe.subscription_id.unwrap_or(0);
        out.push(Output::Subscribe(Box::new(SubscribeRequest {
            packet_id: subscribe.packet_id,
            subscription_id,
            items,
        })));
        Ok(())
    }

    /// What becomes of one filter, where those in `added` are granted before it.
    pub(crate) fn weigh(
        &self,
        turn: Turn<'_>,
        filter: &str,
        options: SubscriptionOptions,
        is_denied: bool,
        added: &HashSet<&str>,
    ) -> Result<SubscribeItem, Fault> {
        let code = self.check_filter(turn, filter, options)?;
        let code = if is_denied && !code.is_error() { ReasonCode::NotAuthorized } else { code };
        let mounted = self.mount_filter(filter);
        let code = if mounted.is_none() && !code.is_error() { ReasonCode::TopicFilterInvalid } else { code };
        let mounted = mounted.unwrap_or(Cow::Borrowed(filter));
        let is_new = !added.contains(key(filter)) && !self.subscriptions.contains(&mounted);
        let limit = turn.settings.max_subscriptions;
        let over = is_new && limit.is_some_and(|max| self.subscriptions.len() + added.len() >= max);
        let code = if over && !code.is_error() { ReasonCode::QuotaExceeded } else { code };
        let mut options = SubscriptionOptions { qos: options.qos.min(turn.settings.max_qos), ..options };
        // Not in a group, where another member would not get the message instead.
        let is_shared = filter.starts_with("$share/") || filter.starts_with("$queue/");
        if turn.settings.ignore_loop_deliver && !self.link.version.is_v5() && !is_shared {
            options.no_local = true;
        }
        Ok(SubscribeItem { filter: mounted.as_ref().into(), options, code, is_new })
    }

    /// A SUBSCRIBE came that the client may not send now: no filter of it is granted, for this reason.
    ///
    /// # Errors
    /// A [`Fault`] for more filters than the client takes codes in one SUBACK.
    pub fn handle_refused_subscribe(
        &mut self,
        subscribe: &Subscribe<'_>,
        code: ReasonCode,
        out: &mut Outbox<'_>,
    ) -> Result<(), Fault> {
        let count = subscribe.filters.len();
        if !self.takes_codes(count) {
            return Err(ANSWER_TOO_LARGE);
        }
        let codes = vec![self.suback_code(code); count];
        let packet = SubAck { packet_id: subscribe.packet_id, reason_codes: &codes, ..SubAck::default() };
        self.send(&Packet::SubAck(packet), out);
        Ok(())
    }

    /// The answer to [`Output::Subscribe`]: keeps what was granted and sends SUBACK, one code for each filter in order
    /// [MQTT-3.8.4-5] [MQTT-3.8.4-6].
    pub fn subscribed(&mut self, request: &SubscribeRequest, out: &mut Outbox<'_>) {
        let mut codes = Vec::with_capacity(request.items.len());
        for item in &request.items {
            codes.push(self.suback_code(item.code));
            if !item.code.is_error() {
                self.subscriptions.insert(Subscription {
                    filter: item.filter.clone(),
                    options: item.options,
                    subscription_id: request.subscription_id,
                });
            }
        }
        if request.packet_id > 0 {
            let packet = SubAck { packet_id: request.packet_id, reason_codes: &codes, ..SubAck::default() };
            self.send(&Packet::SubAck(packet), out);
        }
    }

    /// An UNSUBSCRIBE came: tells the broker by [`Output::Unsubscribe`] and sends UNSUBACK [MQTT-3.10.4-4] with its
    /// identifier [MQTT-3.10.4-5] and a code for each filter in order [MQTT-3.11.3-1]. Deliveries that have begun are completed
    /// [MQTT-3.10.4-3]. When the client does not take an UNSUBACK of that size, nothing is given up and the connection ends.
    pub fn handle_unsubscribe(&mut self, unsubscribe: &Unsubscribe<'_>, out: &mut Outbox<'_>) {
        if !self.takes_codes(unsubscribe.filters.len()) {
            self.fault(ANSWER_TOO_LARGE, out);
            return;
        }
        let mut codes = Vec::with_capacity(unsubscribe.filters.len());
        for filter in unsubscribe.filters.iter() {
            let code = match self.mount_filter(filter) {
                Some(mounted) => self.remove_subscription(&mounted, out),
                None => ReasonCode::TopicFilterInvalid,
            };
            codes.push(code.as_u8());
        }
        let packet = SubAck { packet_id: unsubscribe.packet_id, reason_codes: &codes, ..SubAck::default() };
        self.send(&Packet::UnsubAck(packet), out);
    }

    pub(crate) fn remove_subscription(&mut self, mounted: &str, out: &mut Outbox<'_>) -> ReasonCode {
        match self.subscriptions.remove(mounted) {
            Some(gone) => {
                out.push(Output::Unsubscribe(gone.filter));
                ReasonCode::Success
            }
            None if SubscriptionFilter::parse(mounted).is_err() => ReasonCode::TopicFilterInvalid,
            None => ReasonCode::NoSubscriptionExisted,
        }
    }

    /// The filter as the router knows it; `None` when it is no filter behind the mountpoint.
    pub(crate) fn mount_filter<'a>(&self, filter: &'a str) -> Option<Cow<'a, str>> {
        match self.mountpoint() {
            None => Some(Cow::Borrowed(filter)),
            Some(mountpoint) => mountpoint.mount_filter(filter).map(Cow::Owned),
        }
    }

    /// Whether a SUBACK or UNSUBACK with so many codes is within the client's Maximum Packet Size.
    fn takes_codes(&self, count: usize) -> bool {
        let Link { version, maximum_packet_size, .. } = self.link;
        if maximum_packet_size == u32::MAX {
            return true;
        }
        let packet = Packet::SubAck(SubAck { packet_id: 1, reason_codes: &vec![0; count], ..SubAck::default() });
        dunlin_codec::encoded_len(version, &packet) <= maximum_packet_size as usize
    }

    fn suback_code(&self, code: ReasonCode) -> u8 {
        match self.link.version {
            // 3.1 has no failure code (its SUBACK holds granted QoS only); 0x80 is what every client of it understands.
            ProtocolVersion::V3 | ProtocolVersion::V4 => code.as_v3_suback(),
            ProtocolVersion::V5 => code.as_u8(),
        }
    }

    /// The code for one filter, or a fault where the connection is closed: for what the protocol does not allow, for shared
    /// subscriptions where they are off (clients of every version), and for wildcards where they are off (5.0 clients).
    fn check_filter(&self, turn: Turn<'_>, filter: &str, options: SubscriptionOptions) -> Result<ReasonCode, Fault> {
        let settings = turn.settings;
        let Ok(parsed) = SubscriptionFilter::parse(filter) else { return Ok(ReasonCode::TopicFilterInvalid) };
        if parsed.group().is_some() {
            if !settings.shared_subscription {
                // Every version is treated alike: 3.1 and 3.1.1 clients could be told 0x80, but are closed on purpose.
                return Err(Fault::new(
                    ReasonCode::SharedSubscriptionsNotSupported,
                    DisconnectReason::SharedSubscriptionsNotSupported,
                ));
            }
            if options.no_local {
                // [MQTT-3.8.3-4]
                return Err(Fault::PROTOCOL_ERROR);
            }
        }
        if parsed.is_wildcard() && !settings.wildcard_subscription {
            let code = ReasonCode::WildcardSubscriptionsNotSupported;
            return if self.link.version.is_v5() {
                Err(Fault::new(code, DisconnectReason::WildcardSubscriptionsNotSupported))
            } else {
                Ok(code)
            };
        }
        let inner = parsed.filter();
        let is_exclusive = matches!(parsed, SubscriptionFilter::Exclusive { .. });
        let too_deep = settings.max_topic_levels > 0
            && inner.len() >= settings.max_topic_levels
            && dunlin_topic::level_count(inner) > settings.max_topic_levels;
        if too_deep || (is_exclusive && !settings.exclusive_subscription) {
            return Ok(ReasonCode::TopicFilterInvalid);
        }
        // [MQTT-3.8.4-7] [MQTT-3.2.2-10] the maximum may be lower than what was asked for.
        Ok(match options.qos.min(settings.max_qos).as_u8() {
            0 => ReasonCode::Success,
            1 => ReasonCode::GrantedQos1,
            _ => ReasonCode::GrantedQos2,
        })
    }
}
