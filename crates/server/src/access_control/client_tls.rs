//! TLS to back ends: from `ssl` of the configuration to what each of their libraries wants.

use super::making::{Making, revealed};
use crate::certificate_bundles::BundleId;
use dunlin_config::back_end::{ClientSsl, ServerNameIndication};
use dunlin_config::{Pem, TlsVersion};
use dunlin_tls::{Bundle, ClientTls, ClientTlsOptions, Password, PemSource, ReadFiles, Verify};
use std::path::Path;
use tracing::warn;

/// TLS to a back end.
pub(crate) struct BackEndTls {
    pub(crate) loaded: ClientTls,
    /// The name that its certificate has to have, where that is not the host.
    pub(crate) server_name: Option<String>,
    pub(super) verifies: bool,
}

/// Reads what `ssl` names; `None` where it is not enabled.
pub(super) fn load(ssl: &ClientSsl, making: &mut Making<'_>) -> Result<Option<BackEndTls>, String> {
    if ssl.enable { load_from(ssl, making.data_dir, &mut making.files).map(Some) } else { Ok(None) }
}

/// Reads what `ssl` names, whether it is enabled or not. Bundles of certificates are in `data_dir`.
pub(crate) fn load_from(ssl: &ClientSsl, data_dir: &Path, files: &mut ReadFiles) -> Result<BackEndTls, String> {
    let options = ClientTlsOptions {
        cacertfile: ssl.cacertfile.as_ref().map(pem_source),
        certfile: ssl.certfile.as_ref().map(pem_source),
        keyfile: ssl.keyfile.as_ref().map(pem_source),
        bundle: ssl
            .managed_cert
            .as_ref()
            .map(|certificate| Bundle { folder: BundleId::of(certificate).folder(data_dir), names: Vec::new() }),
        password: revealed(files, "ssl.password", ssl.password.as_ref())?.map(Password::new),
        verify: if ssl.verify_peer { Verify::Peer } else { Verify::None },
        uses_server_name: ssl.server_name_indication != ServerNameIndication::Disabled,
        versions: ssl.versions.iter().map(|version| version_word(*version).to_owned()).collect(),
        ciphers: ssl.ciphers.clone(),
    };
    let loaded = ClientTls::load(&options, files).map_err(|error| format!("ssl.{error}"))?;
    for reason in &loaded.warnings {
        warn!(msg = "certificate_warning", reason);
    }
    let server_name = match &ssl.server_name_indication {
        ServerNameIndication::Name(name) => Some(name.clone()),
        ServerNameIndication::Host | ServerNameIndication::Disabled => None,
    };
    Ok(BackEndTls { loaded, server_name, verifies: ssl.verify_peer })
}

/// As [`load`], for libraries that bring TLS of their own and leave less to choose.
pub(super) fn load_for_own_tls(ssl: &ClientSsl, making: &mut Making<'_>) -> Result<Option<BackEndTls>, String> {
    let tls = load(ssl, making)?;
    if tls.is_some() {
        if ssl.verify_peer && ssl.server_name_indication == ServerNameIndication::Disabled {
            let remedy = "write the name that is in the certificate of the server, or leave the key out";
            return Err(format!("ssl.server_name_indication: `disable` cannot be had with this back end; {remedy}"));
        }
        let default = ClientSsl::default();
        for (key, is_set) in
            [("ssl.versions", ssl.versions != default.versions), ("ssl.ciphers", ssl.ciphers != default.ciphers)]
        {
            if is_set {
                warn!(msg = "config_warning", key, hint = "it has no effect with this back end");
            }
        }
    }
    Ok(tls)
}

fn pem_source(pem: &Pem) -> PemSource {
    match pem {
        Pem::File(path) => PemSource::File(path.clone()),
        Pem::Inline(text) => PemSource::Inline(text.clone()),
    }
}

const fn version_word(version: TlsVersion) -> &'static str {
    match version {
        TlsVersion::Tls13 => "tlsv1.3",
        TlsVersion::Tls12 => "tlsv1.2",
    }
}
