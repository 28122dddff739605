//! The rows of `access_login_table.rs`: every authenticator that can be configured, each with its back end as it is in the world.

use crate::access_databases::tables;
use crate::access_login_table::Cell::{self, CannotBe, Says};
use crate::access_login_table::{CASES, Row, Shows, Site, play};
use crate::access_mongodb::add_documents;
use crate::access_redis::add_to_redis;
use crate::access_services::{ENTRY, token};
use crate::access_tokens::{PemSigner, Signer};
use crate::access_web_service::web_service;
use dunlin_model::ReasonCode::{
    self, BadUserNameOrPassword, MalformedPacket, NotAuthorized, ServerUnavailable, Success,
};
use dunlin_passwords::{ScramCredentials, ScramMechanism};
use dunlin_real_servers::{
    Certificates, DATABASE, FerretdbServer, MariadbServer, PASSWORD, PostgresqlServer, RedisCluster, RedisSentinel,
    RedisServer, SlapdServer, USERNAME,
};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

const IN: Cell = Says(Success, Some(0));
/// What is shown is not right.
const WRONG: Cell = Says(BadUserNameOrPassword, Some(4));
/// Nobody knows such a client, or nobody says why.
const REFUSED: Cell = Says(NotAuthorized, Some(5));
/// It may come again, and soon.
const LATER: Cell = Says(ServerUnavailable, Some(3));
const NO_PACKET: Cell = Says(MalformedPacket, None);
/// Clients before 5.0 have no AUTH packets, so that nobody can ask them.
const fn exchange(code: ReasonCode) -> Cell {
    Says(code, Some(5))
}
const NO_NAME_OF_SCRAM: Cell = Says(NotAuthorized, None);

/// The cells of whoever asks a server for the stored password of a user.
const ASKS_A_SERVER: [Cell; CASES.len()] =
    [IN, WRONG, REFUSED, LATER, REFUSED, LATER, REFUSED, WRONG, NO_PACKET, WRONG, REFUSED, WRONG];
/// The same without a server.
const KNOWS_USERS: [Cell; CASES.len()] =
    [IN, WRONG, REFUSED, CannotBe, CannotBe, CannotBe, REFUSED, WRONG, NO_PACKET, WRONG, REFUSED, WRONG];
/// A service says yes or no, and nothing of passwords.
const ASKS_A_SERVICE: [Cell; CASES.len()] =
    [IN, REFUSED, REFUSED, LATER, REFUSED, LATER, REFUSED, REFUSED, NO_PACKET, REFUSED, REFUSED, REFUSED];
/// A token has to be signed, and to be that of the name beside it; what is no token at all is nobody's.
const CHECKS_TOKENS: [Cell; CASES.len()] =
    [IN, WRONG, WRONG, CannotBe, CannotBe, CannotBe, WRONG, REFUSED, NO_PACKET, WRONG, WRONG, REFUSED];
const FETCHES_KEYS: [Cell; CASES.len()] =
    [IN, WRONG, WRONG, LATER, REFUSED, LATER, WRONG, REFUSED, NO_PACKET, WRONG, WRONG, REFUSED];
const IN_BY_EXCHANGE: Cell = exchange(Success);
const NOT_BY_EXCHANGE: Cell = exchange(NotAuthorized);
/// A password with NUL is none (SASLprep): no client can show that it knows it.
const EXCHANGES: [Cell; CASES.len()] = [
    IN_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
    CannotBe,
    CannotBe,
    CannotBe,
    NOT_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
    NO_NAME_OF_SCRAM,
    CannotBe,
    NOT_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
];
const EXCHANGES_BY_A_SERVICE: [Cell; CASES.len()] = [
    IN_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
    exchange(ServerUnavailable),
    NOT_BY_EXCHANGE,
    exchange(ServerUnavailable),
    NOT_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
    NO_NAME_OF_SCRAM,
    CannotBe,
    NOT_BY_EXCHANGE,
    NOT_BY_EXCHANGE,
];
/// It looks at what is known of a client, and at no password.
const LOOKS_AT_NAMES: [Cell; CASES.len()] =
    [IN, IN, REFUSED, CannotBe, CannotBe, CannotBe, REFUSED, IN, NO_PACKET, IN, REFUSED, IN];

/// A test for each row, so that none of those in the manual is left out.
macro_rules! rows {
    ($($test:ident: $name:literal $cells:ident)*) => {
        const ROWS: &[Row] = &[$(Row { name: $name, cells: $cells }),*];

        mod row {
            $(#[test] fn $test() { super::play(&super::Row { name: $name, cells: super::$cells }, &super::$test()); })*
        }
    };
}

rows! {
    built_in_database: "password_based:built_in_database" KNOWS_USERS
    mysql: "password_based:mysql" ASKS_A_SERVER
    postgresql: "password_based:postgresql" ASKS_A_SERVER
    mongodb: "password_based:mongodb" ASKS_A_SERVER
    redis: "password_based:redis, single" ASKS_A_SERVER
    redis_cluster: "password_based:redis, cluster" ASKS_A_SERVER
    redis_sentinel: "password_based:redis, sentinel" ASKS_A_SERVER
    ldap_hash: "password_based:ldap, hash" ASKS_A_SERVER
    ldap_bind: "password_based:ldap, bind" ASKS_A_SERVER
    http_json: "password_based:http, JSON" ASKS_A_SERVICE
    http_form: "password_based:http, a form" ASKS_A_SERVICE
    http_get: "password_based:http, get" ASKS_A_SERVICE
    jwt_secret: "jwt, a secret" CHECKS_TOKENS
    jwt_rsa: "jwt, a public key of RS256" CHECKS_TOKENS
    jwt_curve: "jwt, a public key of ES256" CHECKS_TOKENS
    jwt_endpoint: "jwt, keys of an endpoint" FETCHES_KEYS
    scram_built_in_database: "scram:built_in_database" EXCHANGES
    scram_http: "scram:http" EXCHANGES_BY_A_SERVICE
    client_info: "cinfo" LOOKS_AT_NAMES
}

fn built_in_database() -> Site {
    let folder = tempfile::tempdir().expect("a folder");
    let users = folder.path().join("users.csv");
    fs::write(&users, "user_id,password,is_superuser\nann,right,false\n").expect("it can be written");
    let text = format!(
        "mechanism = password_based, backend = built_in_database, bootstrap_type = plain, bootstrap_file = \"{}\"",
        users.display()
    );
    Site { _kept: Box::new(folder), ..Site::new(move |_, _| text.clone()) }
}

fn millis(timeout: Duration) -> String {
    format!("query_timeout = {}ms", timeout.as_millis())
}

fn sql(backend: &'static str) -> Site {
    let password = serde_json::to_string(PASSWORD).expect("a text");
    Site::new(move |port, timeout| {
        format!(
            "mechanism = password_based, backend = {backend}, server = \"127.0.0.1:{port}\", database = \"{DATABASE}\", \
             username = \"{USERNAME}\", password = {password}, {}, \
             query = \"SELECT password_hash, salt FROM mqtt_user WHERE username = ${{username}} LIMIT 1\"",
            millis(timeout)
        )
    })
}

fn mysql() -> Site {
    let server = MariadbServer::start();
    server.execute(&tables());
    sql("mysql").at(server.address().port(), server)
}

fn postgresql() -> Site {
    let server = PostgresqlServer::start();
    server.execute(&tables());
    sql("postgresql").at(server.address().port(), server)
}

fn mongodb() -> Site {
    let server = FerretdbServer::start();
    add_documents(&server);
    let site = Site::new(|port, timeout| {
        format!(
            "mechanism = password_based, backend = mongodb, mongo_type = single, server = \"127.0.0.1:{port}\", \
             database = mqtt, collection = users, filter {{ username = \"${{username}}\" }}, {}",
            millis(timeout)
        )
    });
    site.at(server.port(), server)
}

fn of_redis(place: impl Fn(u16) -> String + 'static) -> Site {
    Site::new(move |port, timeout| {
        format!(
            "mechanism = password_based, backend = redis, {}, {}, \
             cmd = \"HMGET mqtt_user:${{username}} password_hash salt is_superuser\"",
            place(port),
            millis(timeout)
        )
    })
}

fn redis() -> Site {
    let server = RedisServer::start();
    add_to_redis(|command| server.cli(command));
    of_redis(|port| format!("redis_type = single, server = \"127.0.0.1:{port}\"")).at(server.port(), server)
}

fn redis_cluster() -> Site {
    let cluster = RedisCluster::start();
    add_to_redis(|command| cluster.cli(command));
    // One of them names the others.
    let port = cluster.nodes.first().expect("there are three").port();
    of_redis(|port| format!("redis_type = cluster, servers = \"127.0.0.1:{port}\"")).at(port, cluster)
}

fn redis_sentinel() -> Site {
    let mut master = RedisServer::start_with(&["--repl-diskless-sync-delay", "0"]);
    add_to_redis(|command| master.cli(command));
    // Sentinels begin with one that has somebody to follow it.
    let replica = RedisServer::start_with(&["--replicaof", &format!("127.0.0.1 {}", master.port())]);
    master.process().wait_for_line("Synchronization with replica");
    let sentinel = RedisSentinel::start("mqtt", &master);
    let site = of_redis(|port| format!("redis_type = sentinel, servers = \"127.0.0.1:{port}\", sentinel = mqtt"));
    site.at(sentinel.port(), (sentinel, master, replica))
}

fn ldap(method: &'static str) -> Site {
    let server = SlapdServer::start(ENTRY, &Certificates::for_host("localhost"));
    let site = Site::new(move |port, timeout| {
        format!(
            "mechanism = password_based, backend = ldap, server = \"127.0.0.1:{port}\", username = \"{}\", \
             password = \"{}\", base_dn = \"dc=example,dc=org\", filter = \"(uid=${{username}})\", {}, \
             method {{ type = {method} }}",
            SlapdServer::ADMINISTRATOR,
            SlapdServer::PASSWORD,
            millis(timeout)
        )
    });
    site.at(server.port(), server)
}

fn ldap_hash() -> Site {
    ldap("hash")
}

fn ldap_bind() -> Site {
    ldap("bind")
}

fn http(how: &'static str) -> Site {
    let service = web_service(|asked| {
        let result = match (asked["username"].as_str(), asked["password"].as_str()) {
            (Some("ann"), Some("right")) => "allow",
            (Some("ann"), _) => "deny",
            _ => "ignore",
        };
        json!({"result": result}).to_string()
    });
    let site = Site::new(move |port, timeout| {
        format!(
            "mechanism = password_based, backend = http, {how}, url = \"http://127.0.0.1:{port}/auth\", \
             request_timeout = {}ms, body {{ username = \"${{username}}\", password = \"${{password}}\" }}",
            timeout.as_millis()
        )
    });
    site.at(service.expect("a service").port(), ())
}

fn http_json() -> Site {
    http("method = post")
}

fn http_form() -> Site {
    http("method = post, headers { content-type = \"application/x-www-form-urlencoded\" }")
}

fn http_get() -> Site {
    http("method = get")
}

fn jwt_secret() -> Site {
    const SECRET: &str = "a secret that is long enough for HS256";
    const CLAIMS: &str = r#"{"sub":"ann"}"#;
    let passwords = [token(SECRET, CLAIMS), token("another secret, as long as the other", CLAIMS)];
    let site = Site::new(|_, _| {
        format!(
            "mechanism = jwt, algorithm = hmac-based, secret = \"{SECRET}\", verify_claims {{ sub = \"${{username}}\" }}"
        )
    });
    Site { passwords, ..site }
}

/// Whose public key is in a file; the other one takes ann's name.
fn jwt_public_key([signer, stranger]: [PemSigner; 2]) -> Site {
    let (file, passwords) = (signer.file().display().to_string(), [signer.token("ann"), stranger.token("ann")]);
    let site = Site::new(move |_, _| {
        format!(
            "mechanism = jwt, use_jwks = false, algorithm = public-key, public_key = \"{file}\", \
             verify_claims {{ sub = \"${{username}}\" }}"
        )
    });
    Site { passwords, _kept: Box::new(signer), ..site }
}

fn jwt_rsa() -> Site {
    jwt_public_key([PemSigner::rs256(), PemSigner::rs256()])
}

fn jwt_curve() -> Site {
    jwt_public_key([PemSigner::es256(), PemSigner::es256()])
}

fn jwt_endpoint() -> Site {
    let (signer, stranger) = (Signer::new("k"), Signer::new("k"));
    let keys = format!(r#"{{"keys":[{}]}}"#, signer.shown());
    let service = web_service(move |_| keys.clone()).expect("a service");
    let site = Site::new(|port, timeout| {
        format!(
            "mechanism = jwt, use_jwks = true, endpoint = \"http://127.0.0.1:{port}/keys\", request_timeout = {}ms, \
             verify_claims {{ sub = \"${{username}}\" }}",
            timeout.as_millis()
        )
    });
    Site { passwords: [signer.token("ann"), stranger.token("ann")], ..site }.at(service.port(), ())
}

/// Few, so that the tests are quick.
const ITERATIONS: u32 = 16;

fn scram_built_in_database() -> Site {
    let site = Site::new(|_, _| {
        format!("mechanism = scram, backend = built_in_database, algorithm = sha256, iteration_count = {ITERATIONS}")
    });
    let prepare = |broker: &dunlin_testkit::TestBroker| {
        let users = broker.server().users(None, "scram:built_in_database").expect("users");
        users.add("ann", "right", false).expect("a new user");
    };
    Site { shows: Shows::Scram, prepare, ..site }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("it is written to a string");
        text
    })
}

fn scram_http() -> Site {
    let known = ScramCredentials::derive(ScramMechanism::Sha256, "right", &[7; 16], ITERATIONS).expect("keys");
    let keys = json!({
        "stored_key": hexadecimal(known.stored_key()), "server_key": hexadecimal(known.server_key()),
        "salt": hexadecimal(known.salt()),
    });
    let service = web_service(move |asked: &Value| match asked["username"].as_str() {
        Some("ann") => keys.to_string(),
        _ => String::new(),
    });
    let site = Site::new(|port, timeout| {
        format!(
            "mechanism = scram, backend = http, method = post, url = \"http://127.0.0.1:{port}/scram\", \
             request_timeout = {}ms, body {{ username = \"${{username}}\" }}, algorithm = sha256, \
             iteration_count = {ITERATIONS}",
            timeout.as_millis()
        )
    });
    Site { shows: Shows::Scram, ..site }.at(service.expect("a service").port(), ())
}

fn client_info() -> Site {
    Site::new(|_, _| {
        let check = "{ is_match = \"str_eq(username, 'ann')\", result = allow }";
        format!("mechanism = cinfo, checks = [{check}]")
    })
}

fn shown(cell: Cell) -> String {
    match cell {
        Says(code, older) => {
            let older = older.map_or("closed".to_owned(), |older| older.to_string());
            format!("0x{:02X} / {older}", code.as_u8())
        }
        CannotBe => "-".to_owned(),
    }
}

/// The rows as the manual has them.
pub(crate) fn table() -> String {
    let titles: Vec<_> = CASES.iter().map(|(_, title)| *title).collect();
    let mut table = format!("| authenticator | {} |\n|---|{}\n", titles.join(" | "), "---|".repeat(titles.len()));
    for row in ROWS {
        let cells: Vec<_> = row.cells.iter().map(|cell| shown(*cell)).collect();
        let _ = writeln!(table, "| {} | {} |", row.name, cells.join(" | "));
    }
    table
}
