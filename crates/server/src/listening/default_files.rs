//! Certificates of listeners that name none: where EMQX has them by default.

use dunlin_tls::{PemSource, TlsOptions};
use std::path::{Path, PathBuf};

/// `certs` beside the configuration file.
#[derive(Debug)]
pub(super) struct DefaultFiles(Option<PathBuf>);

impl DefaultFiles {
    pub(super) fn beside(etc_dir: Option<&Path>) -> Self {
        Self(etc_dir.map(|folder| folder.join("certs")))
    }

    /// Names `cert.pem` and `key.pem`, and `cacert.pem`, where they are there and nothing else is named.
    pub(super) fn fill_in(&self, options: &mut TlsOptions) {
        let there = |name| self.0.as_ref().map(|folder| folder.join(name)).filter(|file| file.exists());
        if let (None, None, []) = (&options.certfile, &options.keyfile, &*options.bundles)
            && let (Some(certificate), Some(key)) = (there("cert.pem"), there("key.pem"))
        {
            options.certfile = Some(PemSource::File(certificate));
            options.keyfile = Some(PemSource::File(key));
        }
        if options.cacertfile.is_none() {
            options.cacertfile = there("cacert.pem").map(PemSource::File);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(folder: &Path, name: &str) -> Option<PemSource> {
        Some(PemSource::File(folder.join("certs").join(name)))
    }

    #[test]
    fn what_is_there_is_named_where_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let certs = folder.path().join("certs");
        fs::create_dir(&certs).unwrap();
        let filled = |mut options: TlsOptions| {
            DefaultFiles::beside(Some(folder.path())).fill_in(&mut options);
            (options.certfile, options.keyfile, options.cacertfile)
        };
        assert_eq!(filled(TlsOptions::default()), (None, None, None));
        fs::write(certs.join("cert.pem"), "").unwrap();
        fs::write(certs.join("cacert.pem"), "").unwrap();
        let authorities = file(folder.path(), "cacert.pem");
        assert_eq!(filled(TlsOptions::default()), (None, None, authorities.clone()), "half a pair is none");
        fs::write(certs.join("key.pem"), "").unwrap();
        let pair = (file(folder.path(), "cert.pem"), file(folder.path(), "key.pem"));
        assert_eq!(filled(TlsOptions::default()), (pair.0, pair.1, authorities));
        let named = PemSource::File("own.pem".into());
        let own = TlsOptions {
            certfile: Some(named.clone()),
            keyfile: Some(named.clone()),
            cacertfile: Some(named.clone()),
            ..TlsOptions::default()
        };
        assert_eq!(filled(own), (Some(named.clone()), Some(named.clone()), Some(named)));
    }

    #[test]
    fn without_a_configuration_file_there_is_nothing() {
        let mut options = TlsOptions::default();
        DefaultFiles::beside(None).fill_in(&mut options);
        assert_eq!((options.certfile, options.cacertfile), (None, None));
    }
}
