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
    let found = match settings.servers.as_slice() {
        [host] if settings.uses_srv_record => ClientOptions::parse(service_name(host)).await?,
        servers => {
            let mut options = ClientOptions::default();
            options.hosts = servers.iter().map(ServerAddress::parse).collect::<Result<_>>()?;
            options
        }
    };
    Ok(with_settings(found, settings))
}

/// What the driver asks the DNS about.
fn service_name(host: &str) -> String {
    format!("mongodb+srv://{host}")
}

/// The same servers, asked as the settings say.
fn with_settings(mut options: ClientOptions, settings: &MongodbSettings) -> ClientOptions {
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
    // Servers that the DNS names are asked over TLS by a driver that is told nothing: `ssl.enable` says it here, as everywhere.
    options.tls = Some(settings.tls.as_ref().map_or(DriverTls::Disabled, |tls| {
        let mut chosen = TlsOptions::default();
        chosen.ca_file_path.clone_from(&tls.authorities);
        chosen.cert_key_file_path.clone_from(&tls.certificate_and_key);
        chosen.allow_invalid_certificates = Some(tls.accepts_any_certificate);
        DriverTls::Enabled(chosen)
    }));
    options
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tls;
    use mongodb::options::{ConnectionString, HostInfo};
    use std::path::PathBuf;

    fn several(deployment: Deployment) -> MongodbSettings {
        let servers = ["mongo1:27017", "[::1]:27018"].map(str::to_owned).to_vec();
        MongodbSettings { servers, deployment, ..MongodbSettings::single("replaced:1", "mqtt") }
    }

    async fn options(settings: &MongodbSettings) -> ClientOptions {
        settings.check().expect("settings that work");
        client_options(settings).await.expect("options")
    }

    /// As the driver writes them: without the brackets of an IPv6 address.
    fn places(options: &ClientOptions) -> Vec<String> {
        options.hosts.iter().map(ToString::to_string).collect()
    }

    #[tokio::test]
    async fn a_single_server_is_asked_itself_whatever_it_belongs_to() {
        let options = options(&MongodbSettings::single("mongo:27017", "mqtt")).await;
        assert_eq!(places(&options), ["mongo:27017"]);
        assert_eq!((options.direct_connection, options.repl_set_name), (Some(true), None));
        assert_eq!((options.max_pool_size, options.connect_timeout), (Some(8), Some(Duration::from_secs(5))));
        assert_eq!(options.server_selection_timeout, Some(Duration::from_millis(2_500)));
        assert_eq!((options.tls, options.credential), (Some(DriverTls::Disabled), None));
    }

    #[tokio::test]
    async fn members_of_a_replica_set_are_found_by_its_name() {
        let set = Deployment::ReplicaSet { name: "rs0".to_owned() };
        for (read_from, preference) in [
            (ReadFrom::Primary, ReadPreference::Primary),
            (ReadFrom::SecondaryPreferred, ReadPreference::SecondaryPreferred { options: None }),
        ] {
            let options = options(&MongodbSettings { read_from, ..several(set.clone()) }).await;
            assert_eq!(places(&options), ["mongo1:27017", "::1:27018"]);
            assert_eq!((options.direct_connection, options.repl_set_name.as_deref()), (None, Some("rs0")));
            assert_eq!(options.selection_criteria, Some(SelectionCriteria::ReadPreference(preference)));
        }
        // One member is enough to find the others.
        let one = MongodbSettings { servers: vec!["mongo1:27017".to_owned()], ..several(set) };
        assert_eq!(options(&one).await.direct_connection, None);
    }

    #[tokio::test]
    async fn routers_of_a_sharded_cluster_are_asked_in_turn() {
        let options = options(&several(Deployment::Sharded)).await;
        assert_eq!(places(&options).len(), 2);
        assert_eq!((options.direct_connection, options.repl_set_name), (None, None));
        assert_eq!(options.selection_criteria, Some(SelectionCriteria::ReadPreference(ReadPreference::Primary)));
    }

    #[test]
    fn a_name_of_the_dns_is_looked_up_and_its_servers_are_asked_as_configured() {
        let text = ConnectionString::parse(service_name("cluster.example.org")).expect("the driver takes it");
        assert_eq!(text.host_info, HostInfo::DnsRecord("cluster.example.org".to_owned()));
        // What the DNS would have said: servers, the name of their set, the database of users; and the driver adds TLS.
        let mut found = ClientOptions::default();
        found.hosts = vec![ServerAddress::parse("shard0:27017").expect("an address")];
        found.repl_set_name = Some("atlas-0".to_owned());
        found.tls = Some(DriverTls::Enabled(TlsOptions::default()));
        let settings =
            MongodbSettings { uses_srv_record: true, ..MongodbSettings::single("cluster.example.org", "mqtt") };
        settings.check().expect("settings that work");
        let options = with_settings(found.clone(), &settings);
        assert_eq!(places(&options), ["shard0:27017"]);
        assert_eq!((options.direct_connection, options.repl_set_name.as_deref()), (None, Some("atlas-0")));
        assert_eq!(options.tls, Some(DriverTls::Disabled));
        let set = Deployment::ReplicaSet { name: "rs0".to_owned() };
        let options = with_settings(found, &MongodbSettings { deployment: set, ..settings });
        assert_eq!(options.repl_set_name.as_deref(), Some("rs0"), "what somebody configured counts");
    }

    #[tokio::test]
    async fn users_and_tls_are_those_of_the_settings() {
        let tls = Tls {
            authorities: Some(PathBuf::from("/ca.pem")),
            certificate_and_key: Some(PathBuf::from("/own.pem")),
            accepts_any_certificate: true,
        };
        let settings = MongodbSettings {
            username: Some("broker".to_owned()),
            password: Some("p@ss:word/%".to_owned()),
            auth_source: "users".to_owned(),
            tls: Some(tls),
            ..several(Deployment::Sharded)
        };
        let options = options(&settings).await;
        let credential = options.credential.expect("a user");
        assert_eq!((credential.username.as_deref(), credential.source.as_deref()), (Some("broker"), Some("users")));
        assert_eq!(credential.password.as_deref(), Some("p@ss:word/%"), "as it is, not as it would be in an address");
        let Some(DriverTls::Enabled(tls)) = options.tls else { panic!("{:?}", options.tls) };
        assert_eq!(tls.ca_file_path, Some(PathBuf::from("/ca.pem")));
        assert_eq!(tls.cert_key_file_path, Some(PathBuf::from("/own.pem")));
        assert_eq!(tls.allow_invalid_certificates, Some(true));
    }
}
