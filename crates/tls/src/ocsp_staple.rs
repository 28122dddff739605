//! OCSP stapling: what to ask the responder of the server's certificate, and its answer for the clients. RFC 6960.

use crate::certificate_file::{parse, read_certificates};
use crate::der::{self, CONTEXT_0, ENUMERATED, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
use crate::error::TlsError;
use crate::file_stamp::ReadFiles;
use crate::options::OcspOptions;
use crate::server_identity::ServerIdentity;
use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::oid_registry::OID_PKIX_ACCESS_DESCRIPTOR_OCSP;
use x509_parser::prelude::X509Certificate;

/// 1.3.14.3.2.26: responders know certificates by their SHA-1, RFC 5019 §2.1.1.
const OID_SHA1: [u8; 5] = [0x2b, 0x0e, 0x03, 0x02, 0x1a];

/// The OCSP response of the server's certificate. Its owner fetches: [`Self::request`] to [`Self::responder_url`] by POST, or
/// [`Self::get_url`], every [`OcspOptions::refresh_interval`], the answer into [`Self::set`].
///
/// It belongs to one certificate: after a reload ask the [`crate::TlsContext`] again.
#[derive(Debug)]
pub struct OcspStaple {
    identity: Arc<ServerIdentity>,
    responder_url: String,
    request: Vec<u8>,
    serial: Vec<u8>,
}

/// Bytes that are no useful OCSP response; what was there before stays.
#[derive(Debug, thiserror::Error)]
#[error("the OCSP response from {url} cannot be used: {why}")]
pub struct OcspError {
    /// The responder.
    pub url: String,
    /// What is wrong with it.
    pub why: String,
}

impl OcspStaple {
    pub(crate) fn new(
        identity: &Arc<ServerIdentity>,
        options: &OcspOptions,
        authorities: &[CertificateDer<'static>],
        files: &mut ReadFiles,
    ) -> Result<Self, TlsError> {
        let key = identity.certified_key();
        let impossible = |why: String| TlsError::option("ocsp", why);
        let (certificate, chain) =
            key.cert.split_first().ok_or_else(|| impossible("there is no certificate".into()))?;
        let certificate = parse(certificate).map_err(impossible)?;
        let issuers = match &options.issuer_pem {
            Some(source) => read_certificates("ocsp.issuer_pem", source, files)?,
            None => chain.iter().chain(authorities).cloned().collect(),
        };
        let parsed: Vec<_> = issuers.iter().filter_map(|issuer| parse(issuer).ok()).collect();
        let is_issuer = |issuer: &&X509Certificate<'_>| issuer.subject().as_raw() == certificate.issuer().as_raw();
        let issuer = parsed.iter().find(is_issuer).ok_or_else(|| {
            let why = format!(
                "the certificate's issuer ({}) is not given; set issuer_pem to its certificate",
                certificate.issuer()
            );
            TlsError::option("ocsp.issuer_pem", why)
        })?;
        let responder_url = options.responder_url.clone().or_else(|| responder_in(&certificate)).ok_or_else(|| {
            let why = "the certificate names no responder; set responder_url, or enable_ocsp_stapling = false";
            TlsError::option("ocsp.responder_url", why)
        })?;
        Ok(Self {
            identity: Arc::clone(identity),
            responder_url,
            request: request_for(&certificate, issuer),
            serial: certificate.raw_serial().to_vec(),
        })
    }

    /// Where to ask.
    #[must_use]
    pub fn responder_url(&self) -> &str {
        &self.responder_url
    }

    /// What to POST there, as `application/ocsp-request`.
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// The same question as an address for GET, RFC 6960 appendix A.1.
    #[must_use]
    pub fn get_url(&self) -> String {
        let mut url = self.responder_url.trim_end_matches('/').to_owned();
        url.push('/');
        for letter in STANDARD.encode(&self.request).chars() {
            match letter {
                '+' => url.push_str("%2B"),
                '/' => url.push_str("%2F"),
                '=' => url.push_str("%3D"),
                letter => url.push(letter),
            }
        }
        url
    }

    /// Shows a response (`application/ocsp-response`) to every client that asks from now on. Its signature is the client's to
    /// check.
    ///
    /// # Errors
    /// [`OcspError`] when it is damaged, an error of the responder, or about another certificate; what was there stays.
    pub fn set(&self, response: &[u8]) -> Result<(), OcspError> {
        self.check(response).map_err(|why| OcspError { url: self.responder_url.clone(), why })?;
        self.identity.set_ocsp_response(Some(response.to_vec()));
        Ok(())
    }

    /// Shows none any more, because it is too old.
    pub fn clear(&self) {
        self.identity.set_ocsp_response(None);
    }

    pub(crate) fn current(&self) -> Option<Vec<u8>> {
        self.identity.certified_key().ocsp.clone()
    }

    /// OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, responseBytes \[0\] EXPLICIT OPTIONAL }
    fn check(&self, response: &[u8]) -> Result<(), String> {
        let damaged = || "it is damaged".to_owned();
        let (contents, []) = der::read(SEQUENCE, response).ok_or_else(damaged)? else { return Err(damaged()) };
        let (status, rest) = der::read(ENUMERATED, contents).ok_or_else(damaged)?;
        match status {
            [0] => {}
            [1] => return Err("the responder found the request malformed".into()),
            [2] => return Err("the responder has an internal error".into()),
            [3] => return Err("the responder wants to be asked later".into()),
            [5] => return Err("the responder wants the request signed".into()),
            [6] => return Err("the responder does not answer us (unauthorized)".into()),
            _ => return Err(damaged()),
        }
        let (bytes, _) = der::read(CONTEXT_0, rest).ok_or_else(damaged)?;
        let serial = der::write(INTEGER, &[&self.serial]);
        if !bytes.windows(serial.len()).any(|window| window == serial) {
            return Err("it is about another certificate".into());
        }
        Ok(())
    }
}

/// OCSPRequest with one CertID and no nonce, so that responders can answer from their cache, RFC 5019 §2.1.1.
fn request_for(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Vec<u8> {
    let name_hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate.issuer().as_raw());
    let key_hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &issuer.public_key().subject_public_key.data);
    let algorithm = der::write(SEQUENCE, &[&der::write(OBJECT_IDENTIFIER, &[&OID_SHA1]), &der::write(NULL, &[])]);
    let certificate_id = der::write(
        SEQUENCE,
        &[
            &algorithm,
            &der::write(OCTET_STRING, &[name_hash.as_ref()]),
            &der::write(OCTET_STRING, &[key_hash.as_ref()]),
            &der::write(INTEGER, &[certificate.raw_serial()]),
        ],
    );
    // The CertID stands alone in a Request, in the requestList, in the TBSRequest, in the OCSPRequest.
    (0..4).fold(certificate_id, |inner, _| der::write(SEQUENCE, &[&inner]))
}

fn responder_in(certificate: &X509Certificate<'_>) -> Option<String> {
    certificate.extensions().iter().find_map(|extension| {
        let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else { return None };
        access.accessdescs.iter().find_map(|description| match &description.access_location {
            GeneralName::URI(url) if description.access_method == OID_PKIX_ACCESS_DESCRIPTOR_OCSP => {
                Some((*url).to_owned())
            }
            _ => None,
        })
    })
}
