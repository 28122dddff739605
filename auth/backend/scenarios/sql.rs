//! What every relational database has to do as a back end, tried with a real server: shared by the tests of the crates for PostgreSQL
//! and MySQL, which include this file.

use dunlin_access::{
    Action, AnswerCacheSettings, Authenticator, AuthorizationSource, BackendFailure, BackendStatus, ClientInfo,
    Credentials, Outcome, Password, Verdict,
};
use dunlin_auth_backend::sql::RowMemory;
use dunlin_model::{ArcStr, Qos, ReasonCode};
use dunlin_passwords::{Algorithm, BcryptPassword, Digest, Pbkdf2Password, SaltPosition};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Digests with the salt in front, the default of EMQX.
pub(crate) const SHA256: Algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);

/// The query of the table of users.
pub(crate) const USERS: &str =
    "SELECT password_hash, salt, is_superuser, clientid_override FROM mqtt_user WHERE username = ${username} LIMIT 1";

/// The query of the table of rules.
pub(crate) const RULES: &str = "SELECT permission, action, topic, qos, retain, clientid_re, username_re, ipaddr, zone, listener \
                         FROM mqtt_acl WHERE username = ${username} OR username = '$all' ORDER BY id";

/// More than any answer takes that is not late, on a machine that is busy.
const SLACK: Duration = Duration::from_secs(2);

/// What differs between databases.
pub(crate) trait Database {
    /// How a backslash is written in a literal.
    const BACKSLASH: &'static str;
    /// A condition that takes half a minute.
    const SLEEPS: &'static str;
    /// How many connections do so at the moment.
    const SLEEPERS: &'static str;
    /// How many connections of users there are, but for the one that asks.
    const CONNECTIONS: &'static str;

    /// Runs statements beside the broker.
    fn execute(&self, statements: &str) -> String;
    /// A new link of a chain, with its own connections.
    fn authenticator(&self, query: &str, algorithm: Algorithm, limits: Limits) -> Arc<dyn Authenticator>;
    /// The same, and what its comparisons of passwords have taken so far.
    fn measured(&self, query: &str, algorithm: Algorithm) -> (Arc<dyn Authenticator>, Box<dyn Fn() -> u64>);
    /// A new source of rules, with its own connections.
    fn authorization(&self, query: &str, limits: Limits) -> Arc<dyn AuthorizationSource>;
}

/// A database that can be taken away.
pub(crate) trait Mortal: Database {
    /// Kills the server without warning.
    fn kill(&mut self);
    /// Starts it again, and comes back when it answers.
    fn start_again(&mut self);
    /// Stops it where it is.
    fn freeze(&self);
    /// Lets it go on.
    fn thaw(&self);
}

/// How much may be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// `pool_size`
    pub(crate) connections: NonZeroUsize,
    /// `query_timeout`
    pub(crate) timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: NonZeroUsize::new(4).expect("some"), timeout: Duration::from_secs(30) }
    }
}

impl Limits {
    fn one_connection(timeout_ms: u64) -> Self {
        Self { connections: NonZeroUsize::MIN, timeout: Duration::from_millis(timeout_ms) }
    }
}

/// A literal of the database.
fn quoted<D: Database>(text: &str) -> String {
    format!("'{}'", text.replace('\\', D::BACKSLASH).replace('\'', "''"))
}

/// A row of a user whose password is `secret`.
pub(crate) fn insert_user<D: Database>(database: &D, name: &str, algorithm: Algorithm, is_superuser: &str) {
    let stored = algorithm.create(b"secret", [7; 16]).expect("a hash");
    let (name, hash, salt) = (quoted::<D>(name), quoted::<D>(&stored.hash), quoted::<D>(&stored.salt));
    database.execute(&format!(
        "INSERT INTO mqtt_user (username, password_hash, salt, is_superuser) VALUES ({name}, {hash}, {salt}, {is_superuser});"
    ));
}

fn credentials(name: &str, password: &[u8]) -> Credentials {
    let client = ClientInfo {
        client_id: ArcStr::from("c1"),
        username: Some(ArcStr::from(name)),
        peer: "192.0.2.7:4321".parse().expect("an address"),
        listener: ArcStr::from("tcp:default"),
        ..ClientInfo::default()
    };
    Credentials { client, password: Some(Password::new(password)) }
}

async fn ask(authenticator: &dyn Authenticator, name: &str, password: &str) -> Outcome {
    authenticator.authenticate(&credentials(name, password.as_bytes())).await
}

fn is_allowed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Allow(_))
}

const WRONG: Outcome = Outcome::Deny(ReasonCode::BadUserNameOrPassword);

/// Who comes in and who does not.
pub(crate) async fn users(database: &impl Database) {
    insert_user(database, "ann", SHA256, "false");
    insert_user(database, "root", SHA256, "true");
    database.execute(
        "INSERT INTO mqtt_user (username, salt) VALUES ('without-hash', 's');
         UPDATE mqtt_user SET clientid_override = 'other' WHERE username = 'root';",
    );
    let authenticator = database.authenticator(USERS, SHA256, Limits::default());
    assert_eq!(ask(&*authenticator, "ann", "secret").await, Outcome::Allow(Box::default()));
    assert_eq!(ask(&*authenticator, "ann", "Secret").await, WRONG);
    assert_eq!(ask(&*authenticator, "ann", "").await, WRONG);
    assert_eq!(ask(&*authenticator, "nobody", "secret").await, Outcome::Ignore);
    assert_eq!(ask(&*authenticator, "without-hash", "secret").await, Outcome::Deny(ReasonCode::NotAuthorized));
    let Outcome::Allow(admission) = ask(&*authenticator, "root", "secret").await else { panic!("root comes in") };
    assert!(admission.is_superuser);
    assert_eq!(admission.client_id.as_deref(), Some("other"));
    let silent = Credentials { password: None, ..credentials("ann", b"") };
    assert_eq!(authenticator.authenticate(&silent).await, WRONG);
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

/// Every bind variable reaches the database as it is.
pub(crate) async fn placeholders(database: &impl Database) {
    insert_user(database, "placeholders", SHA256, "false");
    let query = "SELECT password_hash, salt FROM mqtt_user WHERE username = '${username}' AND ${clientid} = 'c1' \
                 AND ${password} = 'secret' AND ${peerhost} = '192.0.2.7' AND ${peerport} = '4321' \
                 AND ${zone} = 'default' AND ${listener} = 'tcp:default' AND ${mountpoint} = ''";
    let authenticator = database.authenticator(query, SHA256, Limits::default());
    assert_eq!(ask(&*authenticator, "placeholders", "secret").await, Outcome::Allow(Box::default()));
}

/// Names that try to be something else than a name, and those that do not fit anywhere.
pub(crate) async fn hostile_names(database: &impl Database) {
    let odd =
        ["o'neill", "back\\slash", "50%", "emoji 🦆 名前", "semi;colon--", "\"quoted\"", "${username}", "$1", "?"];
    for name in odd {
        insert_user(database, name, SHA256, "false");
    }
    let authenticator = database.authenticator(USERS, SHA256, Limits::default());
    for name in odd {
        assert!(is_allowed(&ask(&*authenticator, name, "secret").await), "{name}");
    }
    let long = "n".repeat(65_535);
    let zero = "o'neill\0";
    let names =
        ["' OR '1'='1", "x' OR 1=1 -- ", "x\\' OR 1=1 #", "'; DROP TABLE mqtt_user; --", "%", "_%", "", &long, zero];
    for name in names {
        assert_eq!(ask(&*authenticator, name, "secret").await, Outcome::Ignore, "{}", &name[..name.len().min(40)]);
        assert_eq!(authenticator.status(), BackendStatus::Connected);
    }
    assert!(is_allowed(&ask(&*authenticator, odd[0], "secret").await), "the table is still there");
    let bytes = credentials(odd[0], b"\xff\0\xfe");
    assert_eq!(authenticator.authenticate(&bytes).await, WRONG);
    let by_password =
        "SELECT password_hash FROM mqtt_user WHERE username = ${username} AND password_hash = ${password}";
    let authenticator = database.authenticator(by_password, SHA256, Limits::default());
    assert_eq!(authenticator.authenticate(&bytes).await, Outcome::Ignore, "no text of the table is like this");
    assert!(authenticator.status().failure().is_none());
}

/// Hashes that are dear: right and wrong, and as dear for somebody who does not exist, also where a stored hash costs more than new ones.
pub(crate) async fn dear_hashes(database: &impl Database) {
    let bcrypt = |rounds| Algorithm::Bcrypt(BcryptPassword::new(rounds).expect("rounds"));
    let pbkdf2 = Algorithm::Pbkdf2(Pbkdf2Password::new(Digest::Sha256, 20_000, Some(32)).expect("iterations"));
    for (name, stored, algorithm) in
        [("bcrypt", bcrypt(7), bcrypt(7)), ("dearer", bcrypt(8), bcrypt(7)), ("pbkdf2", pbkdf2, pbkdf2)]
    {
        insert_user(database, name, stored, "false");
        let (authenticator, work) = database.measured(USERS, algorithm);
        assert!(is_allowed(&ask(&*authenticator, name, "secret").await), "{name}");
        let mut done = Vec::new();
        for (name, expected) in [(name, WRONG), ("nobody", Outcome::Ignore)] {
            let before = work();
            assert_eq!(ask(&*authenticator, name, "guess").await, expected);
            done.push(work() - before);
        }
        assert_eq!(done, [stored.work(); 2], "{name}");
    }
}

/// A query that the database does not understand is a failure, and is none any more when it does.
pub(crate) async fn wrong_query(database: &impl Database) {
    let query = "SELECT password_hash, salt FROM mqtt_later WHERE username = ${username}";
    let authenticator = database.authenticator(query, SHA256, Limits::default());
    for _ in 0..3 {
        let outcome = ask(&*authenticator, "ann", "secret").await;
        assert!(
            matches!(&outcome, Outcome::Failed(BackendFailure::BadAnswer(reason)) if reason.contains("mqtt_later")),
            "{outcome:?}"
        );
        assert!(authenticator.status().failure().is_some());
    }
    database.execute("CREATE TABLE mqtt_later (username VARCHAR(100), password_hash VARCHAR(200), salt VARCHAR(40));");
    assert_eq!(ask(&*authenticator, "ann", "secret").await, Outcome::Ignore);
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

/// A query that takes too long is given up in time, here and in the database, and is in nobody's way.
pub(crate) async fn slow_query<D: Database>(database: &D) {
    insert_user(database, "slow", SHA256, "false");
    let query = format!("{USERS_PART} AND (${{clientid}} <> 'sleeper' OR {})", D::SLEEPS);
    let authenticator = database.authenticator(&query, SHA256, Limits::one_connection(700));
    let mut sleeper = credentials("slow", b"secret");
    sleeper.client.client_id = ArcStr::from("sleeper");
    for _ in 0..3 {
        let start = Instant::now();
        assert_eq!(authenticator.authenticate(&sleeper).await, Outcome::Failed(BackendFailure::Timeout(700)));
        assert!(start.elapsed() < Duration::from_millis(700) + SLACK, "it took {:?}", start.elapsed());
        assert_eq!(authenticator.status(), BackendStatus::Disconnected(BackendFailure::Timeout(700)));
        assert!(is_allowed(&ask(&*authenticator, "slow", "secret").await));
        assert_eq!(authenticator.status(), BackendStatus::Connected);
    }
    nobody_sleeps(database).await;
}

/// The beginning of a query that can go on.
const USERS_PART: &str = "SELECT password_hash, salt FROM mqtt_user WHERE username = ${username}";

/// Whoever goes away while they wait leaves nothing behind.
pub(crate) async fn dropped_questions<D: Database>(database: &D) {
    insert_user(database, "dropped", SHA256, "false");
    let query = format!("{USERS_PART} AND (${{clientid}} <> 'sleeper' OR {})", D::SLEEPS);
    let authenticator = database.authenticator(&query, SHA256, Limits::one_connection(20_000));
    let mut sleeper = credentials("dropped", b"secret");
    sleeper.client.client_id = ArcStr::from("sleeper");
    for patience_ms in [0, 1, 5, 20, 50, 100, 200] {
        let given_up = timeout(Duration::from_millis(patience_ms), authenticator.authenticate(&sleeper)).await;
        assert!(given_up.is_err(), "nobody waits for it");
    }
    let start = Instant::now();
    assert!(is_allowed(&ask(&*authenticator, "dropped", "secret").await));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "the slot was given back at once, not after {:?}",
        start.elapsed()
    );
    nobody_sleeps(database).await;
}

/// Many at once, over few connections.
pub(crate) async fn crowd<D: Database>(database: &D) {
    insert_user(database, "crowd", SHA256, "false");
    let authenticator = database.authenticator(USERS, SHA256, Limits::default());
    let most = Arc::new(AtomicUsize::new(0));
    let questions: Vec<_> = (0..1_000)
        .map(|number| {
            let (authenticator, most) = (Arc::clone(&authenticator), Arc::clone(&most));
            tokio::spawn(async move {
                let (password, expected) = if number % 2 == 0 { ("secret", true) } else { ("guess", false) };
                assert_eq!(is_allowed(&ask(&*authenticator, "crowd", password).await), expected);
                most.fetch_add(1, SeqCst);
            })
        })
        .collect();
    for question in questions {
        question.await.expect("the answer is right");
    }
    assert_eq!(most.load(SeqCst), 1_000);
    // Others use this server at the same time, a few connections each.
    let connections: usize = database.execute(D::CONNECTIONS).parse().expect("a number");
    assert!(connections < 50, "{connections} connections");
}

/// The server goes while it is asked and comes back: every question ends in time, and all is well again by itself.
pub(crate) async fn outage<D: Mortal>(database: &mut D) {
    const TIMEOUT: Duration = Duration::from_secs(2);
    insert_user(database, "outage", SHA256, "false");
    let limits = Limits { timeout: TIMEOUT, ..Limits::default() };
    let authenticator = database.authenticator(USERS, SHA256, limits);
    let (is_over, allowed, failed) = (Arc::new(AtomicBool::new(false)), Counter::default(), Counter::default());
    let load: Vec<_> = (0..16)
        .map(|_| {
            let (authenticator, is_over) = (Arc::clone(&authenticator), Arc::clone(&is_over));
            let (allowed, failed) = (allowed.clone(), failed.clone());
            tokio::spawn(async move {
                while !is_over.load(SeqCst) {
                    let start = Instant::now();
                    let outcome = ask(&*authenticator, "outage", "secret").await;
                    assert!(start.elapsed() < TIMEOUT + SLACK, "{outcome:?} after {:?}", start.elapsed());
                    match outcome {
                        Outcome::Allow(_) => allowed.add(),
                        Outcome::Failed(_) => failed.add(),
                        outcome => panic!("an outage is no answer: {outcome:?}"),
                    }
                    // Those that fail at once must not keep the machine from starting the server.
                    sleep(Duration::from_millis(5)).await;
                }
            })
        })
        .collect();
    for _ in 0..2 {
        allowed.rises_by(100).await;
        database.kill();
        failed.rises_by(100).await;
        assert!(authenticator.status().failure().is_some());
        database.start_again();
        allowed.rises_by(100).await;
        // Connections stay open and nobody answers.
        database.freeze();
        failed.rises_by(100).await;
        database.thaw();
        allowed.rises_by(100).await;
    }
    is_over.store(true, SeqCst);
    for load in load {
        load.await.expect("every answer was right, and in time");
    }
    assert_eq!(authenticator.status(), BackendStatus::Connected);
    let connections: usize = database.execute(D::CONNECTIONS).parse().expect("a number");
    assert!(connections <= limits.connections.get(), "{connections} connections");
}

/// Counts, and waits for more.
#[derive(Clone, Debug, Default)]
struct Counter(Arc<AtomicUsize>);

impl Counter {
    fn add(&self) {
        self.0.fetch_add(1, SeqCst);
    }

    async fn rises_by(&self, more: usize) {
        let goal = self.0.load(SeqCst) + more;
        until("there are more answers", || self.0.load(SeqCst) >= goal).await;
    }
}

/// Looks again and again until it is true, for a minute at most.
async fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_true() {
        assert!(Instant::now() < end, "given up waiting until {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// A client of the rules below.
fn client(name: &str, id: &str) -> ClientInfo {
    let mut client = credentials(name, b"").client;
    client.client_id = ArcStr::from(id);
    client
}

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };
const SUBSCRIBE: Action = Action::Subscribe { qos: Qos::AtLeastOnce };

/// Each verdict, and each column that narrows a rule.
pub(crate) async fn rules(database: &impl Database) {
    database.execute(
        "INSERT INTO mqtt_acl (username, permission, action, topic, qos, retain, clientid_re, username_re, ipaddr, zone, listener)
         VALUES ('ann', 'allow', 'publish', 'both/#', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                ('ann', 'deny', 'all', 'both/#', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                ('ann', 'allow', 'subscribe', 'own/${clientid}/#', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                ('ann', 'allow', 'publish', 'qos', '1,2', NULL, NULL, NULL, NULL, NULL, NULL),
                ('ann', 'allow', 'publish', 'retained', NULL, '1', NULL, NULL, NULL, NULL, NULL),
                ('ann', 'allow', 'publish', 'id', NULL, NULL, '^c[0-9]$', NULL, NULL, NULL, NULL),
                ('ann', 'allow', 'publish', 'name', NULL, NULL, NULL, '^b', NULL, NULL, NULL),
                ('ann', 'allow', 'publish', 'near', NULL, NULL, NULL, NULL, '192.0.2.0/24', NULL, NULL),
                ('ann', 'allow', 'publish', 'far', NULL, NULL, NULL, NULL, '198.51.100.0/24', NULL, NULL),
                ('ann', 'allow', 'publish', 'zone', NULL, NULL, NULL, NULL, NULL, 'other', NULL),
                ('ann', 'allow', 'publish', 'listener', NULL, NULL, NULL, NULL, NULL, NULL, 'tcp:default'),
                ('$all', 'deny', 'subscribe', 'eq #', NULL, NULL, NULL, NULL, NULL, NULL, NULL);",
    );
    let source = database.authorization(RULES, Limits::default());
    let (ann, other) = (client("ann", "c1"), client("ann", "device"));
    let qos1 = Action::Publish { qos: Qos::AtLeastOnce, retain: false };
    let retained = Action::Publish { qos: Qos::AtMostOnce, retain: true };
    for (client, action, topic, expected) in [
        (&ann, PUBLISH, "both/x", Verdict::Allow),
        (&ann, SUBSCRIBE, "both/x", Verdict::Deny),
        (&ann, SUBSCRIBE, "own/c1/+", Verdict::Allow),
        (&ann, SUBSCRIBE, "own/c2/+", Verdict::NoMatch),
        (&ann, PUBLISH, "qos", Verdict::NoMatch),
        (&ann, qos1, "qos", Verdict::Allow),
        (&ann, PUBLISH, "retained", Verdict::NoMatch),
        (&ann, retained, "retained", Verdict::Allow),
        (&ann, PUBLISH, "id", Verdict::Allow),
        (&other, PUBLISH, "id", Verdict::NoMatch),
        (&ann, PUBLISH, "name", Verdict::NoMatch),
        (&ann, PUBLISH, "near", Verdict::Allow),
        (&ann, PUBLISH, "far", Verdict::NoMatch),
        (&ann, PUBLISH, "zone", Verdict::NoMatch),
        (&ann, PUBLISH, "listener", Verdict::Allow),
        (&ann, SUBSCRIBE, "#", Verdict::Deny),
        (&client("x' OR '1'='1", "c1"), PUBLISH, "both/x", Verdict::NoMatch),
        (&client("stranger", "c1"), SUBSCRIBE, "#", Verdict::Deny),
        (&client("stranger", "c1"), SUBSCRIBE, "a/#", Verdict::NoMatch),
    ] {
        let verdict = source.authorize(client, action, topic).await;
        assert_eq!(verdict, Ok(expected), "{} {} {action:?} {topic}", client.client_id, topic);
    }
    assert_eq!(source.status(), BackendStatus::Connected);
}

/// What was answered holds for a while, also while the table says something else; what failed does not.
pub(crate) async fn remembered_rules(
    database: &impl Database,
    remembering: impl Fn(&str, Arc<RowMemory>) -> Arc<dyn AuthorizationSource>,
) {
    let now_ms = Arc::new(AtomicU64::new(1_000));
    let clock = Arc::clone(&now_ms);
    let settings = AnswerCacheSettings { ttl_ms: 60_000, ..AnswerCacheSettings::default() };
    let memory = Arc::new(RowMemory::new(settings, move || clock.load(SeqCst)));
    let source = remembering(
        "SELECT permission, action, topic FROM mqtt_remembered WHERE username = ${username}",
        Arc::clone(&memory),
    );
    let ann = client("ann", "c1");
    let ask = || source.authorize(&ann, PUBLISH, "t");
    assert!(ask().await.is_err(), "there is no table");
    database.execute("CREATE TABLE mqtt_remembered (username VARCHAR(9), permission VARCHAR(9), action VARCHAR(9), topic VARCHAR(9));
                      INSERT INTO mqtt_remembered VALUES ('ann', 'allow', 'all', 't');");
    assert_eq!(ask().await, Ok(Verdict::Allow));
    database.execute("UPDATE mqtt_remembered SET permission = 'deny';");
    now_ms.store(60_999, SeqCst);
    assert_eq!(ask().await, Ok(Verdict::Allow));
    assert_eq!(source.authorize(&client("bob", "c1"), PUBLISH, "t").await, Ok(Verdict::NoMatch), "another question");
    now_ms.store(61_000, SeqCst);
    assert_eq!(ask().await, Ok(Verdict::Deny));
    database.execute("DELETE FROM mqtt_remembered;");
    assert_eq!(ask().await, Ok(Verdict::Deny));
    memory.clear();
    assert_eq!(ask().await, Ok(Verdict::NoMatch));
}

/// Rows that make no sense are no verdict, unless one before them is.
pub(crate) async fn senseless_rules(database: &impl Database) {
    let rules = |row: &str| {
        format!(
            "SELECT permission, action, topic FROM (SELECT 1 AS id, 'allow' AS permission, 'all' AS action, 'first' AS topic \
             UNION ALL SELECT 2, {row}) AS rows_of_rules WHERE ${{username}} = 'ann' ORDER BY id"
        )
    };
    for (row, expected) in [
        ("'perhaps', 'all', 't'", "row 2 of the rules: `permission` is \"perhaps\""),
        ("'allow', 'all', NULL", "row 2 of the rules: `topic` is missing"),
        ("'allow', 'eat', 't'", "row 2 of the rules: `action` is \"eat\""),
    ] {
        let source = database.authorization(&rules(row), Limits::default());
        assert_eq!(source.authorize(&client("ann", "c1"), PUBLISH, "first").await, Ok(Verdict::Allow));
        let failure = source.authorize(&client("ann", "c1"), PUBLISH, "t").await.expect_err(row);
        assert!(matches!(&failure, BackendFailure::BadAnswer(reason) if reason.starts_with(expected)), "{failure:?}");
    }
}

/// As many rules as may be, and one more.
pub(crate) async fn many_rules(database: &impl Database, rows: &str) {
    let query = format!("SELECT 'allow' AS permission, 'all' AS action, 'none' AS topic FROM ({rows}) AS many");
    let source = database.authorization(&query.replace("COUNT", "10000"), Limits::default());
    assert_eq!(source.authorize(&client("ann", "c1"), PUBLISH, "t").await, Ok(Verdict::NoMatch));
    let source = database.authorization(&query.replace("COUNT", "10001"), Limits::default());
    for _ in 0..5 {
        let failure = source.authorize(&client("ann", "c1"), PUBLISH, "t").await;
        assert_eq!(failure, Err(BackendFailure::BadAnswer("more than 10000 rules for one client".into())));
    }
}

/// Nobody is there, or does not let us in: said at once, and without the password.
pub(crate) async fn refused(authenticator: &dyn Authenticator, expected: &str) {
    let outcome = ask(authenticator, "ann", "secret").await;
    let Outcome::Failed(BackendFailure::Unreachable(reason)) = &outcome else { panic!("{outcome:?}") };
    assert!(reason.contains(expected), "{reason}");
    let shown = format!("{authenticator:?} {reason}");
    assert!(!shown.contains("pass'w"), "{shown}");
    assert_eq!(authenticator.status(), BackendStatus::Disconnected(BackendFailure::Unreachable(reason.clone())));
}

/// Somebody whom the table does not know.
pub(crate) async fn comes_to_nothing(authenticator: &dyn Authenticator) {
    assert_eq!(ask(authenticator, "stranger", "secret").await, Outcome::Ignore);
}

/// A question takes longer than it may.
pub(crate) async fn is_late(authenticator: &dyn Authenticator, name: &str) {
    let outcome = ask(authenticator, name, "secret").await;
    assert!(matches!(outcome, Outcome::Failed(BackendFailure::Timeout(_))), "{outcome:?}");
}

/// Queries that were given up come to an end in the database too.
pub(crate) async fn nobody_sleeps<D: Database>(database: &D) {
    until("nobody sleeps in the database", || database.execute(D::SLEEPERS) == "0").await;
}

/// Somebody comes in whom the table knows.
pub(crate) async fn comes_in(authenticator: &dyn Authenticator, name: &str) {
    let outcome = ask(authenticator, name, "secret").await;
    assert!(is_allowed(&outcome), "{outcome:?}");
}
