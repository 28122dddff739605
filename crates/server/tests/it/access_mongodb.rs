//! A node whose configuration names a MongoDB; FerretDB stands for it.

use crate::access_scenario::{BackEnd, WRONG, node, play, play_while_it_is_there, pool, refusals, stored};
use dunlin_model::ReasonCode::ServerUnavailable;
use dunlin_real_servers::{Certificates, FerretdbServer};
use mongodb::Client;
use mongodb::bson::doc;
use std::time::Duration;

impl BackEnd for FerretdbServer {
    fn kill(&mut self) {
        self.process().kill();
    }

    fn start_again(&mut self) {
        self.restart();
        add_documents(self);
    }

    fn timeout(&self) -> Duration {
        Duration::from_secs(2)
    }
}

/// Nothing of it is left when the server ends.
pub(crate) fn add_documents(server: &FerretdbServer) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let url = format!("mongodb://127.0.0.1:{}/?directConnection=true", server.port());
        let database = Client::with_uri_str(url).await.expect("a client").database("mqtt");
        let stored = stored();
        let user = doc! { "username": "ann", "password_hash": stored.hash, "salt": stored.salt };
        let rule = doc! {
            "username": "ann", "permission": "allow", "action": "publish", "topics": ["own/${username}/#"],
        };
        for (collection, document) in [("users", user), ("rules", rule)] {
            database.collection(collection).insert_one(document).await.expect("a document");
        }
    });
}

/// What a configuration says of it.
fn place(server: &str) -> String {
    format!(
        "mongo_type = single, server = \"{server}\", database = mqtt, filter {{ username = \"${{username}}\" }}, \
         query_timeout = 2s, {}",
        pool()
    )
}

#[test]
fn mongodb_over_tls() {
    let certificates = Certificates::for_host("localhost");
    let server = FerretdbServer::start_tls(&certificates);
    add_documents(&server);
    let port = server.tls_port().expect("it speaks TLS");
    let node = |certificates: &Certificates| {
        let place = place(&format!("localhost:{port}"));
        let authority = certificates.authority();
        let ssl = format!("ssl {{ enable = true, verify = verify_peer, cacertfile = \"{}\" }}", authority.display());
        node(
            &format!("mechanism = password_based, backend = mongodb, collection = users, {place}, {ssl}"),
            &format!("type = mongodb, collection = rules, {place}, {ssl}"),
        )
    };
    play_while_it_is_there(&node(&certificates), WRONG);
    // Somebody else may stand there.
    let broker = node(&Certificates::for_host("localhost"));
    assert_eq!(refusals(&broker, "ann", "right"), (ServerUnavailable, 3));
}

#[test]
fn mongodb() {
    let mut server = FerretdbServer::start();
    add_documents(&server);
    let place = place(&format!("127.0.0.1:{}", server.port()));
    let broker = node(
        &format!("mechanism = password_based, backend = mongodb, collection = users, {place}"),
        &format!("type = mongodb, collection = rules, {place}"),
    );
    play(&broker, &mut server, WRONG);
}
