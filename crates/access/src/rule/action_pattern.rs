//! The actions that a rule is about.

use crate::Action;
use dunlin_model::Qos;

/// Some of the three levels of quality of service.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct QosSet(u8);

impl QosSet {
    /// All three.
    pub const ALL: Self = Self(0b111);
    /// None.
    pub const NONE: Self = Self(0);

    /// These and one more.
    #[must_use]
    pub const fn with(self, qos: Qos) -> Self {
        Self(self.0 | 1 << qos.as_u8())
    }

    /// Whether it is one of these.
    #[must_use]
    pub const fn contains(self, qos: Qos) -> bool {
        self.0 & 1 << qos.as_u8() != 0
    }

    /// From the lowest to the highest.
    pub fn iter(self) -> impl Iterator<Item = Qos> {
        (0..3).filter_map(Qos::from_u8).filter(move |qos| self.contains(*qos))
    }
}

impl std::fmt::Debug for QosSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Which of the two things that a client can do with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActionKind {
    /// `publish`.
    Publish,
    /// `subscribe`.
    Subscribe,
    /// `all`: both.
    All,
}

impl ActionKind {
    /// Its name in rules.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Subscribe => "subscribe",
            Self::All => "all",
        }
    }

    /// By its name, a short one too; `pubsub` is what old rules call `all`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "publish" | "pub" => Some(Self::Publish),
            "subscribe" | "sub" => Some(Self::Subscribe),
            "all" | "pubsub" => Some(Self::All),
            _ => None,
        }
    }
}

/// The actions that a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ActionPattern {
    /// Publishing, subscribing or both.
    pub kind: ActionKind,
    /// At these levels: of the message, or the highest that a subscription asks for.
    pub qos: QosSet,
    /// Messages that are to be retained, or those that are not; `None` is both. Subscribing has nothing to do with it.
    pub retain: Option<bool>,
}

impl ActionPattern {
    /// Everything.
    pub const ALL: Self = Self::of(ActionKind::All);

    /// Every action of a kind.
    #[must_use]
    pub const fn of(kind: ActionKind) -> Self {
        Self { kind, qos: QosSet::ALL, retain: None }
    }

    /// Whether it is about this action.
    #[must_use]
    pub fn is_about(&self, action: Action) -> bool {
        match action {
            Action::Publish { qos, retain } => {
                self.kind != ActionKind::Subscribe
                    && self.qos.contains(qos)
                    && self.retain.is_none_or(|expected| expected == retain)
            }
            Action::Subscribe { qos } => self.kind != ActionKind::Publish && self.qos.contains(qos),
        }
    }

    /// Whether it is about some, or every, action of publishing.
    pub(crate) fn share_of_publishing(&self) -> Share {
        if self.kind == ActionKind::Subscribe || self.qos == QosSet::NONE {
            Share::None
        } else if self.qos == QosSet::ALL && self.retain.is_none() {
            Share::All
        } else {
            Share::Some
        }
    }
}

/// How many of some things are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Share {
    None,
    Some,
    All,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_meant_by_kind_level_and_retain() {
        let publish = |qos, retain| Action::Publish { qos, retain };
        let subscribe = |qos| Action::Subscribe { qos };
        let pattern =
            ActionPattern { kind: ActionKind::Publish, qos: QosSet::NONE.with(Qos::AtLeastOnce), retain: Some(true) };
        assert!(pattern.is_about(publish(Qos::AtLeastOnce, true)));
        assert!(!pattern.is_about(publish(Qos::AtLeastOnce, false)));
        assert!(!pattern.is_about(publish(Qos::AtMostOnce, true)));
        assert!(!pattern.is_about(subscribe(Qos::AtLeastOnce)));
        assert!(ActionPattern::ALL.is_about(subscribe(Qos::ExactlyOnce)));
        let pattern = ActionPattern { kind: ActionKind::All, ..pattern };
        assert!(pattern.is_about(subscribe(Qos::AtLeastOnce)), "retain is nothing to a subscription");
    }

    #[test]
    fn levels_are_given_in_order() {
        let set = QosSet::NONE.with(Qos::ExactlyOnce).with(Qos::AtMostOnce);
        assert_eq!(set.iter().collect::<Vec<_>>(), [Qos::AtMostOnce, Qos::ExactlyOnce]);
        assert_eq!(QosSet::ALL.iter().count(), 3);
    }
}
