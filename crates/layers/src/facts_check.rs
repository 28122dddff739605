//! Names that others have written and that will appear in topics, logs and requests to other servers.

use dunlin_transport::{LayerEnding, PeerFacts, SeenCertificate, Stage};

/// The end of a connection whose facts hold what MQTT lets no text hold; MQTT 5.0 §1.5.4.
///
/// What a client says in MQTT is checked where it is decoded. The same has to hold for what a certificate or a proxy says in its
/// place: a line break in a name could forge a line of a log or a header of a request.
pub(crate) fn refuse_unsafe(facts: &PeerFacts) -> Option<LayerEnding> {
    let checked = [
        (&facts.certificate_common_name, "peercert_field_invalid", "common name of its certificate"),
        (&facts.certificate_subject, "peercert_field_invalid", "subject of its certificate"),
        (&facts.username, "peercert_field_invalid", "part of its certificate that is its user name"),
        (&facts.client_id, "peercert_field_invalid", "part of its certificate that is its client id"),
        (&facts.server_name, "clientinfo_field_invalid", "server name it asked for"),
    ];
    let found = checked.into_iter().find(|(value, ..)| value.as_deref().is_some_and(is_unsafe));
    let has_unsafe_name = || {
        let certificate = facts.certificate.as_ref()?;
        let SeenCertificate { pem: _, dns_names, ip_addresses: _, email_addresses, uris } = certificate;
        let names = [dns_names, email_addresses, uris].into_iter().flatten();
        names.map(String::as_str).any(is_unsafe).then_some(("peercert_field_invalid", "other name of its certificate"))
    };
    let (word, field) = found.map(|(_, word, field)| (word, field)).or_else(has_unsafe_name)?;
    let detail = format!("the client's {field} has control characters");
    Some(LayerEnding { layer: Stage::Tls, word, detail, by_peer: false })
}

/// Control characters, and code points that are no characters.
fn is_unsafe(text: &str) -> bool {
    let is_no_character =
        |letter: char| matches!(u32::from(letter), 0xFDD0..=0xFDEF) || u32::from(letter) & 0xFFFE == 0xFFFE;
    text.chars().any(|letter| letter.is_control() || is_no_character(letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(change: impl FnOnce(&mut PeerFacts)) -> Option<&'static str> {
        let mut facts = PeerFacts::new("192.0.2.1:1".parse().unwrap());
        change(&mut facts);
        refuse_unsafe(&facts).map(|ending| ending.word)
    }

    #[test]
    fn names_with_control_characters_are_refused() {
        assert_eq!(word(|facts| facts.certificate_common_name = Some("sensor å 7".into())), None);
        for unsafe_name in ["a\nb", "a\0", "\u{85}", "\u{ffff}", "\u{fdd0}"] {
            let common_name = |facts: &mut PeerFacts| facts.certificate_common_name = Some(unsafe_name.into());
            assert_eq!(word(common_name), Some("peercert_field_invalid"), "{unsafe_name:?}");
            let server_name = |facts: &mut PeerFacts| facts.server_name = Some(unsafe_name.into());
            assert_eq!(word(server_name), Some("clientinfo_field_invalid"), "{unsafe_name:?}");
        }
        assert_eq!(word(|facts| facts.username = Some("\r".into())), Some("peercert_field_invalid"));
        let seen = |uri: &str| SeenCertificate { uris: vec!["a".into(), uri.into()], ..SeenCertificate::default() };
        assert_eq!(word(|facts| facts.certificate = Some(seen("\r"))), Some("peercert_field_invalid"));
        assert_eq!(word(|facts| facts.certificate = Some(seen("b"))), None);
        assert_eq!(word(|facts| facts.client_id = Some("\r".into())), Some("peercert_field_invalid"));
    }
}
