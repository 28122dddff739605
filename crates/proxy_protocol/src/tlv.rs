//! What a proxy says beside addresses: type, length, value (§2.2.1 to §2.2.9).
//!
//! ```text
//! | type u8 | length u16 | value |      and within the value of an SSL TLV:
//! | client u8 | verify u32 | TLV ... |
//! ```

/// Types of TLVs.
pub mod tlv_type {
    /// The protocol the client and the proxy agreed upon, as `mqtt`.
    pub const ALPN: u8 = 0x01;
    /// The host name the client asked for (SNI).
    pub const AUTHORITY: u8 = 0x02;
    /// CRC32c of the whole header.
    pub const CRC32C: u8 = 0x03;
    /// Padding.
    pub const NOOP: u8 = 0x04;
    /// An id of the connection, up to 128 bytes.
    pub const UNIQUE_ID: u8 = 0x05;
    /// The client's TLS connection.
    pub const SSL: u8 = 0x20;
    /// Within [`SSL`]: the TLS version, as `TLSv1.3`.
    pub const SSL_VERSION: u8 = 0x21;
    /// Within [`SSL`]: the common name of the client's certificate.
    pub const SSL_COMMON_NAME: u8 = 0x22;
    /// Within [`SSL`]: the cipher.
    pub const SSL_CIPHER: u8 = 0x23;
    /// Within [`SSL`]: the algorithm that signed the proxy's certificate.
    pub const SSL_SIGNATURE_ALGORITHM: u8 = 0x24;
    /// Within [`SSL`]: the algorithm of the key of the proxy's certificate.
    pub const SSL_KEY_ALGORITHM: u8 = 0x25;
    /// Within [`SSL`]: the key exchange group.
    pub const SSL_GROUP: u8 = 0x26;
    /// Within [`SSL`]: the signature scheme.
    pub const SSL_SIGNATURE_SCHEME: u8 = 0x27;
    /// Within [`SSL`]: the client's certificate in DER.
    pub const SSL_CLIENT_CERTIFICATE: u8 = 0x28;
    /// The network name space.
    pub const NETWORK_NAMESPACE: u8 = 0x30;
}

/// One TLV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// One of [`tlv_type`], or one that this crate does not know (0xE0 to 0xEF are for private use).
    pub kind: u8,
    /// The value.
    pub value: &'a [u8],
    /// Where the value begins in its list, in bytes.
    pub(crate) value_at: usize,
}

/// A list of TLVs, in the order of the header, the unknown ones included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tlvs(Box<[u8]>);

impl Tlvs {
    /// A list that is well formed; `None` when the last TLV is longer than the bytes.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        is_list(bytes).then(|| Self(bytes.into()))
    }

    /// The TLVs.
    pub fn iter(&self) -> impl Iterator<Item = Tlv<'_>> {
        each(&self.0)
    }

    /// The first value of a type.
    #[must_use]
    pub fn get(&self, kind: u8) -> Option<&[u8]> {
        first(&self.0, kind)
    }

    /// The protocol the client and the proxy agreed upon.
    #[must_use]
    pub fn alpn(&self) -> Option<&[u8]> {
        self.get(tlv_type::ALPN)
    }

    /// The host name the client asked for; `None` also when it is no text.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        text(self.get(tlv_type::AUTHORITY))
    }

    /// The proxy's id of the connection.
    #[must_use]
    pub fn unique_id(&self) -> Option<&[u8]> {
        self.get(tlv_type::UNIQUE_ID)
    }

    /// The client's TLS connection; `None` also when it is malformed.
    #[must_use]
    pub fn ssl(&self) -> Option<SslTlv<'_>> {
        SslTlv::new(self.get(tlv_type::SSL)?)
    }

    /// The list as it was sent.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The client's TLS connection, as the proxy saw it (§2.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SslTlv<'a> {
    client: u8,
    verify: u32,
    list: &'a [u8],
}

impl<'a> SslTlv<'a> {
    fn new(value: &'a [u8]) -> Option<Self> {
        let (client, rest) = value.split_first()?;
        let (verify, list) = rest.split_first_chunk()?;
        is_list(list).then_some(Self { client: *client, verify: u32::from_be_bytes(*verify), list })
    }

    /// The client used TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.client & 0x01 != 0
    }

    /// The client showed a certificate in this TLS session, if need be in an earlier connection of it.
    #[must_use]
    pub fn has_certificate(&self) -> bool {
        self.client & 0x06 != 0
    }

    /// The client showed a certificate and the proxy accepted it.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.has_certificate() && self.verify == 0
    }

    /// The TLS version, as `TLSv1.3`.
    #[must_use]
    pub fn version(&self) -> Option<&'a str> {
        text(self.get(tlv_type::SSL_VERSION))
    }

    /// The common name of the client's certificate. It proves something only where [`SslTlv::is_verified`] holds.
    #[must_use]
    pub fn common_name(&self) -> Option<&'a str> {
        text(self.get(tlv_type::SSL_COMMON_NAME))
    }

    /// The cipher, as `TLS_AES_256_GCM_SHA384`.
    #[must_use]
    pub fn cipher(&self) -> Option<&'a str> {
        text(self.get(tlv_type::SSL_CIPHER))
    }

    /// The first value of a type within.
    #[must_use]
    pub fn get(&self, kind: u8) -> Option<&'a [u8]> {
        first(self.list, kind)
    }
}

fn each(list: &[u8]) -> impl Iterator<Item = Tlv<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (kind, value) = split(list.get(at..)?)?;
        let value_at = at + 3;
        at = value_at + value.len();
        Some(Tlv { kind, value, value_at })
    })
}

fn first(list: &[u8], kind: u8) -> Option<&[u8]> {
    each(list).find(|tlv| tlv.kind == kind).map(|tlv| tlv.value)
}

/// The type and the value of the first TLV.
fn split(list: &[u8]) -> Option<(u8, &[u8])> {
    let (&[kind, high, low], rest) = list.split_first_chunk()?;
    Some((kind, rest.get(..usize::from(u16::from_be_bytes([high, low])))?))
}

fn is_list(list: &[u8]) -> bool {
    let end = each(list).last().map_or(0, |tlv| tlv.value_at + tlv.value.len());
    end == list.len()
}

fn text(value: Option<&[u8]>) -> Option<&str> {
    str::from_utf8(value?).ok()
}
