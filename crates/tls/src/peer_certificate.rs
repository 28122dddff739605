//! What a client's certificate says about the client, in the spellings EMQX uses for `peer_cert_as_username` and rules.

use crate::certificate_file::parse;
use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use rustls::pki_types::CertificateDer;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::SystemTime;
use x509_parser::prelude::{AttributeTypeAndValue, GeneralName, X509Name};

/// Names of attributes in a distinguished name; others appear as their numbers, RFC 4514 §2.3.
const ATTRIBUTES: [(&str, &str); 17] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "TITLE"),
    ("2.5.4.42", "GIVENNAME"),
    ("2.5.4.43", "INITIALS"),
    ("2.5.4.44", "GENERATIONQUALIFIER"),
    ("2.5.4.65", "PSEUDONYM"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

/// The other names of a certificate's subject, RFC 5280 §4.2.1.6, by kind and in their order. A certificate has to fit in a message of
/// the handshake, so there are not many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlternativeNames {
    /// `dns`: names of hosts.
    pub dns: Vec<String>,
    /// `ip`: addresses.
    pub ip: Vec<String>,
    /// `email`: mail addresses.
    pub email: Vec<String>,
    /// `uri`: such as `spiffe://example/meter-7`.
    pub uri: Vec<String>,
}

/// The certificate a client has proved to hold the key of.
#[derive(Clone, Copy, Debug)]
pub struct PeerCertificate<'a> {
    der: &'a CertificateDer<'static>,
}

impl<'a> PeerCertificate<'a> {
    pub(crate) fn new(der: &'a CertificateDer<'static>) -> Self {
        Self { der }
    }

    /// `crt`: the certificate itself.
    #[must_use]
    pub fn der(&self) -> &'a [u8] {
        self.der
    }

    /// `pem`: what EMQX calls so, the DER in base64 without lines around it.
    #[must_use]
    pub fn base64(&self) -> String {
        STANDARD.encode(self.der)
    }

    /// The certificate as PEM text, lines around it included.
    #[must_use]
    pub fn pem(&self) -> String {
        let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
        let mut rest = self.base64();
        while !rest.is_empty() {
            let next = rest.split_off(rest.len().min(64));
            text.push_str(&rest);
            text.push('\n');
            rest = next;
        }
        text.push_str("-----END CERTIFICATE-----\n");
        text
    }

    /// `md5`: of the DER, 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn md5(&self) -> String {
        let mut text = String::with_capacity(32);
        for byte in Md5::digest(self.der.as_ref()) {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// `cn`: the subject's common name; several are joined by commas.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        let parsed = parse(self.der).ok()?;
        let names: Vec<_> = parsed.subject().iter_common_name().map(text_of).collect();
        (!names.is_empty()).then(|| names.join(","))
    }

    /// `dn`: the subject, its last part first, such as `CN=sensor 7,OU=plant,O=Example,C=SE`.
    #[must_use]
    pub fn subject(&self) -> Option<String> {
        parse(self.der).ok().map(|parsed| distinguished_name(parsed.subject()))
    }

    /// Its subject's other names; none where the certificate has no such extension, or one that cannot be read.
    #[must_use]
    pub fn alternative_names(&self) -> AlternativeNames {
        let mut names = AlternativeNames::default();
        let Ok(parsed) = parse(self.der) else { return names };
        let Ok(Some(extension)) = parsed.subject_alternative_name() else { return names };
        for name in &extension.value.general_names {
            match name {
                GeneralName::DNSName(name) => names.dns.push((*name).to_owned()),
                GeneralName::RFC822Name(name) => names.email.push((*name).to_owned()),
                GeneralName::URI(name) => names.uri.push((*name).to_owned()),
                GeneralName::IPAddress(bytes) => names.ip.extend(ip_address(bytes).map(|address| address.to_string())),
                _ => {}
            }
        }
        names
    }

    /// When it stops being valid.
    #[must_use]
    pub fn not_after(&self) -> Option<SystemTime> {
        crate::certificate_file::not_after(self.der)
    }
}

/// Four bytes or sixteen.
fn ip_address(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(|bytes| IpAddr::V4(Ipv4Addr::from(bytes)));
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|bytes| IpAddr::V6(Ipv6Addr::from(bytes)))).ok()
}

/// RFC 4514, with what is not printable ASCII escaped byte by byte, as EMQX does.
fn distinguished_name(name: &X509Name<'_>) -> String {
    let part = |attribute: &AttributeTypeAndValue<'_>| {
        let oid = attribute.attr_type().to_id_string();
        let label = ATTRIBUTES.iter().find(|(known, _)| *known == oid).map_or(oid.as_str(), |(_, label)| label);
        format!("{label}={}", escape(&text_of(attribute)))
    };
    let mut parts: Vec<String> = name.iter().map(|set| set.iter().map(part).collect::<Vec<_>>().join("+")).collect();
    parts.reverse();
    parts.join(",")
}

fn escape(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut text = String::with_capacity(bytes.len());
    for (index, &byte) in bytes.iter().enumerate() {
        let is_edge = (index == 0 && matches!(byte, b' ' | b'#')) || (index + 1 == bytes.len() && byte == b' ');
        match byte {
            b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' => {
                text.push('\\');
                text.push(char::from(byte));
            }
            _ if is_edge => {
                text.push('\\');
                text.push(char::from(byte));
            }
            0..32 | 126.. => {
                let _ = write!(text, "\\{byte:02X}");
            }
            _ => text.push(char::from(byte)),
        }
    }
    text
}

/// A DirectoryString, RFC 5280 §4.1.2.4, by its tag.
fn text_of(attribute: &AttributeTypeAndValue<'_>) -> String {
    let value = attribute.attr_value();
    let bytes = value.data;
    match value.tag().0 {
        // TeletexString: in practice Latin 1.
        20 => bytes.iter().map(|&byte| char::from(byte)).collect(),
        // UniversalString: UTF-32.
        28 => bytes
            .chunks_exact(4)
            .map(|unit| u32::from_be_bytes([unit[0], unit[1], unit[2], unit[3]]))
            .map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
        // BMPString: UTF-16 without surrogates.
        30 => {
            let units: Vec<u16> = bytes.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
            String::from_utf16_lossy(&units)
        }
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
#[path = "peer_certificate/tests.rs"]
mod tests;
