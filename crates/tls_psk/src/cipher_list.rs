//! The names of cipher suites that operators write, and what there is for them.

use crate::options::PskOptions;
use dunlin_tls::TlsError;

/// A suite of TLS 1.2 that uses a pre-shared key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PskSuite {
    /// IANA's number.
    pub(crate) number: u16,
    /// OpenSSL's name, and so EMQX's.
    pub(crate) name: &'static str,
    iana_name: &'static str,
    /// Offered where no suite is named.
    is_default: bool,
}

/// The suites, the preferred one first. Those without authenticated encryption or forward secrecy are offered where they are
/// named: some devices have no others.
const SUITES: [PskSuite; 21] = [
    suite(0xCCAC, "ECDHE-PSK-CHACHA20-POLY1305", "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", true),
    suite(0xC038, "ECDHE-PSK-AES256-CBC-SHA384", "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384", true),
    suite(0xC037, "ECDHE-PSK-AES128-CBC-SHA256", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", true),
    suite(0x00A9, "PSK-AES256-GCM-SHA384", "TLS_PSK_WITH_AES_256_GCM_SHA384", true),
    suite(0x00A8, "PSK-AES128-GCM-SHA256", "TLS_PSK_WITH_AES_128_GCM_SHA256", true),
    suite(0xCCAB, "PSK-CHACHA20-POLY1305", "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", true),
    suite(0xC0A5, "PSK-AES256-CCM", "TLS_PSK_WITH_AES_256_CCM", true),
    suite(0xC0A4, "PSK-AES128-CCM", "TLS_PSK_WITH_AES_128_CCM", true),
    suite(0xC036, "ECDHE-PSK-AES256-CBC-SHA", "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA", false),
    suite(0xC035, "ECDHE-PSK-AES128-CBC-SHA", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", false),
    suite(0x00AF, "PSK-AES256-CBC-SHA384", "TLS_PSK_WITH_AES_256_CBC_SHA384", false),
    suite(0x00AE, "PSK-AES128-CBC-SHA256", "TLS_PSK_WITH_AES_128_CBC_SHA256", false),
    suite(0x008D, "PSK-AES256-CBC-SHA", "TLS_PSK_WITH_AES_256_CBC_SHA", false),
    suite(0x008C, "PSK-AES128-CBC-SHA", "TLS_PSK_WITH_AES_128_CBC_SHA", false),
    suite(0x00AD, "RSA-PSK-AES256-GCM-SHA384", "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384", false),
    suite(0x00AC, "RSA-PSK-AES128-GCM-SHA256", "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", false),
    suite(0xCCAE, "RSA-PSK-CHACHA20-POLY1305", "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256", false),
    suite(0x00B7, "RSA-PSK-AES256-CBC-SHA384", "TLS_RSA_PSK_WITH_AES_256_CBC_SHA384", false),
    suite(0x00B6, "RSA-PSK-AES128-CBC-SHA256", "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256", false),
    suite(0x0095, "RSA-PSK-AES256-CBC-SHA", "TLS_RSA_PSK_WITH_AES_256_CBC_SHA", false),
    suite(0x0094, "RSA-PSK-AES128-CBC-SHA", "TLS_RSA_PSK_WITH_AES_128_CBC_SHA", false),
];

/// The suites of TLS 1.3 with SHA-256, the hash that external keys go with where nothing else is agreed on (RFC 8446 §4.2.11).
const TLS13_SUITES: [&str; 2] = ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"];

const fn suite(number: u16, name: &'static str, iana_name: &'static str, is_default: bool) -> PskSuite {
    PskSuite { number, name, iana_name, is_default }
}

/// Whether a name in `ciphers` is that of a suite with a pre-shared key, which `dunlin_tls` has none of.
#[must_use]
pub fn is_psk_suite(name: &str) -> bool {
    name.split(['-', '_']).any(|word| word == "PSK")
}

impl PskSuite {
    /// The server proves who it is with an RSA certificate, besides.
    pub(crate) fn needs_certificate(self) -> bool {
        self.name.starts_with("RSA-")
    }
}

/// What a listener negotiates with clients that have a pre-shared key.
#[derive(Debug)]
pub(crate) struct Negotiable {
    /// For TLS 1.2, the preferred one first; empty where that is not spoken.
    pub(crate) suites: Vec<PskSuite>,
    /// For TLS 1.3, the preferred one first; empty where that is not spoken.
    pub(crate) tls13_suites: Vec<&'static str>,
    /// Lines for the log.
    pub(crate) warnings: Vec<String>,
}

impl Negotiable {
    /// Reads `versions` and `ciphers`.
    ///
    /// # Errors
    /// When nothing is left to negotiate; the text says what could be written instead.
    pub(crate) fn read(options: &PskOptions) -> Result<Self, TlsError> {
        let mut warnings = Vec::new();
        let suites = if options.tls12 { read_suites(&options.ciphers, &mut warnings) } else { Vec::new() };
        let tls13_suites = if options.tls13 { read_tls13_suites(&options.ciphers) } else { Vec::new() };
        if suites.is_empty() && tls13_suites.is_empty() {
            let possible: Vec<_> = SUITES.iter().map(|suite| suite.name).chain(TLS13_SUITES).collect();
            let why = format!("none of them can be used with a pre-shared key; possible are: {}", possible.join(", "));
            return Err(TlsError::BadOption { key: "ciphers", why });
        }
        if options.tls13 && tls13_suites.is_empty() {
            let possible = TLS13_SUITES.join(" and ");
            warnings.push(format!("ciphers: clients with a pre-shared key cannot use tlsv1.3, which takes {possible}"));
        }
        Ok(Self { suites, tls13_suites, warnings })
    }
}

fn read_suites(names: &[String], warnings: &mut Vec<String>) -> Vec<PskSuite> {
    let mut suites: Vec<PskSuite> = Vec::new();
    let mut left_out = Vec::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| is_psk_suite(name)) {
        match SUITES.iter().find(|suite| suite.name == name || suite.iana_name == name) {
            Some(suite) if suites.iter().any(|known| known.number == suite.number) => {}
            Some(suite) => suites.push(*suite),
            None => left_out.push(name),
        }
    }
    if !left_out.is_empty() {
        let left_out = left_out.join(", ");
        warnings.push(format!(
            "ciphers: not offered, because weak or unknown: {left_out}; clients that know nothing else cannot connect"
        ));
    }
    if names.is_empty() {
        suites.extend(SUITES.iter().filter(|suite| suite.is_default));
    }
    suites
}

/// Where none is named both are meant: a list of suites for TLS 1.2 says nothing about TLS 1.3.
fn read_tls13_suites(names: &[String]) -> Vec<&'static str> {
    let is_tls13 = |name: &str| name.starts_with("TLS_") && !name.contains("_WITH_");
    if !names.iter().any(|name| is_tls13(name.trim())) {
        return TLS13_SUITES.to_vec();
    }
    names.iter().filter_map(|name| TLS13_SUITES.into_iter().find(|known| *known == name.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(ciphers: &[&str], tls12: bool, tls13: bool) -> Result<Negotiable, TlsError> {
        let ciphers = ciphers.iter().map(|name| (*name).to_owned()).collect();
        Negotiable::read(&PskOptions { ciphers, tls12, tls13, ..PskOptions::default() })
    }

    fn names(negotiable: &Negotiable) -> Vec<&'static str> {
        negotiable.suites.iter().map(|suite| suite.name).chain(negotiable.tls13_suites.iter().copied()).collect()
    }

    #[test]
    fn what_is_named_is_offered_in_that_order() {
        let named =
            read(&["TLS_PSK_WITH_AES_128_GCM_SHA256", " RSA-PSK-AES128-CBC-SHA", "PSK-AES128-GCM-SHA256"], true, false);
        let named = named.unwrap();
        assert_eq!(names(&named), ["PSK-AES128-GCM-SHA256", "RSA-PSK-AES128-CBC-SHA"]);
        assert_eq!(named.suites.iter().map(|suite| suite.needs_certificate()).collect::<Vec<_>>(), [false, true]);
        assert!(named.warnings.is_empty(), "{:?}", named.warnings);
    }

    #[test]
    fn without_names_no_weak_suite_is_offered() {
        let negotiable = read(&[], true, true).unwrap();
        assert_eq!(negotiable.suites.len(), 8);
        assert!(negotiable.suites.iter().all(|suite| !suite.name.ends_with("-SHA") && !suite.needs_certificate()));
        assert_eq!(negotiable.tls13_suites, TLS13_SUITES);
    }

    #[test]
    fn a_list_for_tls_1_2_says_nothing_about_tls_1_3() {
        let psk = "PSK-AES128-GCM-SHA256";
        assert_eq!(names(&read(&[psk], true, true).unwrap()), [psk, TLS13_SUITES[0], TLS13_SUITES[1]]);
        assert_eq!(names(&read(&[psk, TLS13_SUITES[1]], true, true).unwrap()), [psk, TLS13_SUITES[1]]);
        let without = read(&[psk, "TLS_AES_256_GCM_SHA384"], true, true).unwrap();
        assert_eq!((names(&without), without.warnings.len()), (vec![psk], 1));
    }

    #[test]
    fn what_is_weak_is_left_out_with_a_warning_and_never_silently() {
        let negotiable = read(&["PSK-3DES-EDE-CBC-SHA", "PSK-RC4-SHA", "PSK-AES256-CCM"], true, false).unwrap();
        assert_eq!(names(&negotiable), ["PSK-AES256-CCM"]);
        assert!(negotiable.warnings[0].contains(": PSK-3DES-EDE-CBC-SHA, PSK-RC4-SHA;"), "{:?}", negotiable.warnings);
        let error = read(&["PSK-RC4-SHA"], true, false).unwrap_err().to_string();
        assert!(
            error.starts_with("ciphers: none of them can be used with a pre-shared key; possible are: ECDHE-"),
            "{error}"
        );
    }

    #[test]
    fn the_names_of_other_suites_are_no_business_of_this_crate() {
        assert!(is_psk_suite("RSA-PSK-AES128-CBC-SHA") && is_psk_suite("TLS_PSK_WITH_AES_128_CCM"));
        assert!(!is_psk_suite("ECDHE-RSA-AES128-GCM-SHA256") && !is_psk_suite("TLS_AES_128_GCM_SHA256"));
        assert!(read(&["ECDHE-RSA-AES128-GCM-SHA256"], true, false).is_err());
    }
}
