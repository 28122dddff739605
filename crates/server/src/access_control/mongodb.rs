//! MongoDB.

use super::client_tls;
use super::making::Making;
use super::memory_file::MemoryFile;
use dunlin_access::{
    Action, Answer, Authenticator, AuthorizationSource, BackendFailure, BackendStatus, ClientInfo, Credentials,
    Outcome, Verdict,
};
use dunlin_auth_mongodb::{
    Deployment, Filter, MongodbAuthenticator, MongodbAuthorization, MongodbSettings, ReadFrom, Tls, UserFields,
};
use dunlin_config::back_end::{ClientSsl, MongodbDeployment, MongodbReads, MongodbServers, ServerNameIndication};
use dunlin_config::{authentication, authorization_sources as sources};
use serde_json::Value;

/// Whoever asks a MongoDB, with the files that its driver reads when it connects.
#[derive(Debug)]
pub(super) struct WithFiles<T> {
    asked: T,
    _files: Vec<MemoryFile>,
}

/// `password_based:mongodb`.
pub(super) fn authenticator(
    config: &authentication::Mongodb,
    making: &mut Making<'_>,
) -> Result<WithFiles<MongodbAuthenticator>, String> {
    let filter =
        Filter::for_users(&Value::Object(config.documents.filter.clone())).map_err(|error| error.to_string())?;
    let fields = UserFields {
        password_hash: config.password_hash_field.clone(),
        salt: config.salt_field.clone(),
        is_superuser: config.is_superuser_field.clone(),
        client_id: config.clientid_override_field.clone(),
    };
    let (settings, files) = settings(&config.documents.servers, making)?;
    let algorithm = config.password_hash_algorithm;
    let asked = MongodbAuthenticator::new(settings, &config.documents.collection, filter, fields, algorithm);
    Ok(WithFiles { asked: asked.map_err(|error| error.to_string())?, _files: files })
}

/// The source `mongodb`.
pub(super) fn source(
    config: &sources::Mongodb,
    making: &mut Making<'_>,
) -> Result<WithFiles<MongodbAuthorization>, String> {
    let filter =
        Filter::for_rules(&Value::Object(config.documents.filter.clone())).map_err(|error| error.to_string())?;
    let (settings, files) = settings(&config.documents.servers, making)?;
    let part = (config.skip, config.limit);
    let asked = MongodbAuthorization::new(settings, &config.documents.collection, filter, part, making.rules);
    Ok(WithFiles { asked: asked.map_err(|error| error.to_string())?, _files: files })
}

fn settings(servers: &MongodbServers, making: &mut Making<'_>) -> Result<(MongodbSettings, Vec<MemoryFile>), String> {
    let (tls, files) = tls(&servers.ssl, making)?;
    let (deployment, read_from) = match &servers.deployment {
        MongodbDeployment::Single => (Deployment::Single, ReadFrom::Primary),
        MongodbDeployment::Sharded => (Deployment::Sharded, ReadFrom::Primary),
        MongodbDeployment::ReplicaSet { name, reads } => {
            let read_from = match reads {
                MongodbReads::Primary => ReadFrom::Primary,
                MongodbReads::SecondaryPreferred => ReadFrom::SecondaryPreferred,
            };
            (Deployment::ReplicaSet { name: name.clone() }, read_from)
        }
    };
    let settings = MongodbSettings {
        servers: servers.servers.clone(),
        uses_srv_record: servers.srv_record,
        deployment,
        read_from,
        database: servers.database.clone(),
        username: servers.username.clone(),
        password: making.reveal("password", servers.password.as_ref())?,
        auth_source: servers.auth_source.clone(),
        pool_size: servers.pool_size,
        timeout: servers.query_timeout,
        tls,
    };
    Ok((settings, files))
}

/// The driver reads certificates from files only, and a key only when it is not encrypted.
fn tls(ssl: &ClientSsl, making: &mut Making<'_>) -> Result<(Option<Tls>, Vec<MemoryFile>), String> {
    let Some(tls) = client_tls::load_for_own_tls(ssl, making)? else { return Ok((None, Vec::new())) };
    if let ServerNameIndication::Name(_) = ssl.server_name_indication {
        let remedy = "leave it out: the certificate has to be for the host in `server`";
        return Err(format!("ssl.server_name_indication: MongoDB's driver takes no other name; {remedy}"));
    }
    let mut files = Vec::new();
    let mut filed = |text: Option<String>| {
        let file = text.map(|text| MemoryFile::new(&text)).transpose();
        let file = file.map_err(|error| format!("ssl: certificates cannot be handed to the driver: {error}"))?;
        let path = file.as_ref().map(MemoryFile::path);
        files.extend(file);
        Ok::<_, String>(path)
    };
    let authorities = filed(tls.loaded.authorities_pem)?;
    let identity = tls.loaded.identity.map(|identity| format!("{}{}", identity.chain_pem, identity.key_pem));
    let certificate_and_key = filed(identity)?;
    Ok((Some(Tls { authorities, certificate_and_key, accepts_any_certificate: !tls.verifies }), files))
}

impl Authenticator for WithFiles<MongodbAuthenticator> {
    fn id(&self) -> &str {
        self.asked.id()
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        self.asked.authenticate(credentials)
    }

    fn status(&self) -> BackendStatus {
        self.asked.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        self.asked.probe()
    }
}

impl AuthorizationSource for WithFiles<MongodbAuthorization> {
    fn kind(&self) -> &'static str {
        self.asked.kind()
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        self.asked.authorize(client, action, topic)
    }

    fn status(&self) -> BackendStatus {
        self.asked.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        self.asked.probe()
    }
}
