//! The settings in the words of the driver.

use crate::{Deployment, MongodbSettings, ReadFrom};
use mongodb::error::Result;
use mongodb::options::{
    ClientOptions, Credential, ReadPreference, SelectionCriteria, ServerAddress, Tls as DriverTls, TlsOptions,
};
use std::time::Duration;

/// The driver looks at each server this often, so that it knows soon which one is gone.
const HEARTBEAT: Duration = Duration::from_secs(2);

/// The settings in the words of the driver. Asks the DNS if they say so.
pub(crate) async fn client_options(settings: &MongodbSettings) -> Result<ClientOptions> {
    let mut options = match settings.servers.as_slice() {
        [host] if settings.uses_srv_record => ClientOptions::parse(format!("mongodb+srv://{host}")).await?,
        servers => {
            let mut options = ClientOptions::default();
            options.hosts = servers.iter().map(ServerAddress::parse).collect::<Result<_>>()?;
            options
        }
    };
    match &settings.deployment {
        Deployment::Single if !settings.uses_srv_record => options.direct_connection = Some(true),
        Deployment::Single | Deployment::Sharded => {}
        Deployment::ReplicaSet { name } => options.repl_set_name = Some(name.clone()),
    }
    options.app_name = Some("dunlin".to_owned());
    options.max_pool_size = u32::try_from(settings.pool_size).ok();
    options.connect_timeout = Some(settings.timeout);
    // Before the question ends, so that its failure says what is wrong with which server.
    options.server_selection_timeout = Some(settings.timeout / 2);
    options.heartbeat_freq = Some(HEARTBEAT);
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(match settings.read_from {
        ReadFrom::Primary => ReadPreference::Primary,
        ReadFrom::SecondaryPreferred => ReadPreference::SecondaryPreferred { options: None },
    }));
    options.credential = settings.username.as_ref().map(|username| {
        let mut credential = Credential::default();
        credential.username = Some(username.clone());
        credential.password.clone_from(&settings.password);
        credential.source = Some(settings.auth_source.clone());
        credential
    });
    if let Some(tls) = &settings.tls {
        let mut chosen = TlsOptions::default();
        chosen.ca_file_path.clone_from(&tls.authorities);
        chosen.cert_key_file_path.clone_from(&tls.certificate_and_key);
        chosen.allow_invalid_certificates = Some(tls.accepts_any_certificate);
        options.tls = Some(DriverTls::Enabled(chosen));
    }
    Ok(options)
}
