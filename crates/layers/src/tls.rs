//! How clients of a listener with TLS show who they are, and how the server does.

use dunlin_tls::{Reload, TlsContext, TlsError};
#[cfg(feature = "psk")]
use dunlin_tls_psk::PskContext;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// What a listener speaks TLS with. What a context reads anew counts for the connections that come after.
#[derive(Clone, Debug)]
pub enum Tls {
    /// With certificates.
    Certificates(Arc<TlsContext>),
    /// With pre-shared keys only.
    #[cfg(feature = "psk")]
    Keys(Arc<PskContext>),
    /// With a pre-shared key for clients that offer one, with certificates for all others.
    #[cfg(feature = "psk")]
    Either(Arc<TlsContext>, Arc<PskContext>),
}

impl Tls {
    /// What clients with certificates start from; `None` where there are only keys.
    #[must_use]
    pub fn certificates(&self) -> Option<&Arc<TlsContext>> {
        match self {
            Self::Certificates(context) => Some(context),
            #[cfg(feature = "psk")]
            Self::Keys(_) => None,
            #[cfg(feature = "psk")]
            Self::Either(context, _) => Some(context),
        }
    }

    /// Reads the files of certificates anew, changed or not.
    ///
    /// # Errors
    /// What is wrong with them now: the earlier contents stay in use until they are right again.
    pub fn reload(&self, now: SystemTime) -> Result<Reload, TlsError> {
        match self {
            Self::Certificates(context) => context.reload(now),
            #[cfg(feature = "psk")]
            Self::Keys(keys) => keys.reload(now),
            #[cfg(feature = "psk")]
            Self::Either(context, keys) => Ok(either(context.reload(now)?, keys.reload(now)?)),
        }
    }

    /// Reads the files of certificates anew that have changed.
    ///
    /// # Errors
    /// As [`Self::reload`], once per change.
    pub fn check_for_changes(&self, now: SystemTime) -> Result<Reload, TlsError> {
        match self {
            Self::Certificates(context) => context.check_for_changes(now),
            #[cfg(feature = "psk")]
            Self::Keys(keys) => keys.check_for_changes(now),
            #[cfg(feature = "psk")]
            Self::Either(context, keys) => {
                // Both are looked at, whatever one comes to.
                let (certificates, keys) = (context.check_for_changes(now), keys.check_for_changes(now));
                Ok(either(certificates?, keys?))
            }
        }
    }

    /// What is not right although it can be started with; one line each.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        match self {
            Self::Certificates(context) => context.warnings(),
            #[cfg(feature = "psk")]
            Self::Keys(keys) => keys.warnings().to_vec(),
            #[cfg(feature = "psk")]
            Self::Either(context, keys) => [context.warnings(), keys.warnings().to_vec()].concat(),
        }
    }

    /// How long a handshake may take.
    pub(crate) fn handshake_timeout(&self) -> Duration {
        match self {
            Self::Certificates(context) => context.handshake_timeout(),
            #[cfg(feature = "psk")]
            Self::Keys(keys) | Self::Either(_, keys) => keys.handshake_timeout(),
        }
    }
}

#[cfg(feature = "psk")]
fn either(first: Reload, second: Reload) -> Reload {
    if first == Reload::Unchanged { second } else { first }
}
