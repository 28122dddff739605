//! What both sides agree upon about compression (RFC 7692 §5 and §7.1).

use crate::DeflateOptions;
use std::fmt::Write;

/// The smallest window that can be compressed with: the format's 8 is 9 in every zlib, which a peer could not unpack.
const WINDOW_BITS_MIN: u8 = 9;
const WINDOW_BITS_MAX: u8 = 15;

/// What was agreed upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeflateAgreement {
    pub(crate) server_keeps_context: bool,
    pub(crate) client_keeps_context: bool,
    pub(crate) server_window_bits: u8,
    pub(crate) client_window_bits: u8,
    tells_server_window: bool,
    tells_client_window: bool,
}

/// One offer of permessage-deflate.
#[derive(Default)]
struct Offer {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    /// The client can be told a window; its own limit.
    client_max_window_bits: Option<u8>,
}

impl DeflateAgreement {
    /// The first offer in the values of `Sec-WebSocket-Extensions` that can be met.
    pub(crate) fn new<'a>(offers: impl Iterator<Item = &'a str>, options: &DeflateOptions) -> Option<Self> {
        offers.flat_map(|value| value.split(',')).filter_map(Offer::new).find_map(|offer| offer.accept(options))
    }

    /// The value of the answer's `Sec-WebSocket-Extensions`.
    pub(crate) fn to_header(self) -> String {
        let mut value = String::from("permessage-deflate");
        if !self.server_keeps_context {
            value.push_str("; server_no_context_takeover");
        }
        if !self.client_keeps_context {
            value.push_str("; client_no_context_takeover");
        }
        // Writing to a string cannot fail.
        if self.tells_server_window {
            let _ = write!(value, "; server_max_window_bits={}", self.server_window_bits);
        }
        if self.tells_client_window {
            let _ = write!(value, "; client_max_window_bits={}", self.client_window_bits);
        }
        value
    }
}

impl Offer {
    /// An offer; `None` for another extension, and for parameters that are unknown, doubled or have a wrong value (§7.1).
    fn new(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        if !parts.next()?.eq_ignore_ascii_case("permessage-deflate") {
            return None;
        }
        let mut offer = Self::default();
        for part in parts {
            let (name, value) = match part.split_once('=') {
                Some((name, value)) => (name.trim(), Some(value.trim().trim_matches('"'))),
                None => (part, None),
            };
            match (name, value) {
                ("server_no_context_takeover", None) if !offer.server_no_context_takeover => {
                    offer.server_no_context_takeover = true;
                }
                ("client_no_context_takeover", None) if !offer.client_no_context_takeover => {
                    offer.client_no_context_takeover = true;
                }
                ("server_max_window_bits", Some(value)) if offer.server_max_window_bits.is_none() => {
                    offer.server_max_window_bits = Some(window_bits(value)?);
                }
                ("client_max_window_bits", value) if offer.client_max_window_bits.is_none() => {
                    offer.client_max_window_bits = Some(value.map_or(Some(WINDOW_BITS_MAX), window_bits)?);
                }
                _ => return None,
            }
        }
        Some(offer)
    }

    fn accept(self, options: &DeflateOptions) -> Option<DeflateAgreement> {
        let own_window = options.server_max_window_bits.clamp(WINDOW_BITS_MIN, WINDOW_BITS_MAX);
        let server_window = self.server_max_window_bits.map_or(own_window, |limit| limit.min(own_window));
        if server_window < WINDOW_BITS_MIN {
            return None;
        }
        let wanted = options.client_max_window_bits.clamp(WINDOW_BITS_MIN, WINDOW_BITS_MAX);
        let client_window = self.client_max_window_bits.map(|limit| limit.min(wanted));
        Some(DeflateAgreement {
            server_keeps_context: options.server_context_takeover && !self.server_no_context_takeover,
            client_keeps_context: options.client_context_takeover && !self.client_no_context_takeover,
            server_window_bits: server_window,
            client_window_bits: client_window.unwrap_or(WINDOW_BITS_MAX),
            tells_server_window: self.server_max_window_bits.is_some() || server_window < WINDOW_BITS_MAX,
            tells_client_window: client_window.is_some_and(|bits| bits < WINDOW_BITS_MAX),
        })
    }
}

/// 8 to 15, without a zero in front.
fn window_bits(text: &str) -> Option<u8> {
    let bits = text.parse().ok().filter(|bits| (8..=WINDOW_BITS_MAX).contains(bits))?;
    (!text.starts_with(['0', '+'])).then_some(bits)
}
