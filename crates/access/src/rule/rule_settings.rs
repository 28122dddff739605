//! What all rules of a node have in common.

/// `EMQX_SECURITY_PROFILE`: what a node does where nobody has decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SecurityProfile {
    /// `legacy`: lets in.
    Legacy,
    /// `hardened`: keeps out.
    #[default]
    Hardened,
}

impl SecurityProfile {
    /// `legacy` or `hardened`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Legacy => "legacy",
            Self::Hardened => "hardened",
        }
    }

    /// Reads `legacy` or `hardened`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "legacy" => Some(Self::Legacy),
            "hardened" => Some(Self::Hardened),
            _ => None,
        }
    }
}

/// `authorization.topic_template_allow`: what a client's own names may bring into the topics of rules that allow. Nothing of
/// it, unless somebody says so: a client that may call itself `+` would otherwise be allowed what all others are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlaceholderMay {
    /// `plus`: bring a `+`.
    pub plus: bool,
    /// `hash`: bring a `#`.
    pub hash: bool,
    /// `slash`: bring a `/`, that is, more levels.
    pub slash: bool,
}

impl PlaceholderMay {
    /// Whether a name brings nothing else.
    pub(crate) fn bring(self, value: &str) -> bool {
        value.bytes().all(|byte| match byte {
            b'+' => self.plus,
            b'#' => self.hash,
            b'/' => self.slash,
            _ => true,
        })
    }
}

/// What all rules of a node have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleSettings {
    /// The profile of the node, which rules can ask for.
    pub security_profile: SecurityProfile,
    /// What a client's own names may bring into topics.
    pub placeholder_may: PlaceholderMay,
}
