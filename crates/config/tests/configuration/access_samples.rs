//! What people have in their files who come from EMQX: every kind of authenticator and of source, as its manual and its dashboard
//! write them.

use crate::load_text;
use dunlin_config::authentication::{AuthenticatorKind, LdapMethod};
use dunlin_config::authorization_sources::{File, SourceKind};
use dunlin_config::{Config, EtcFile, Loaded, Sources};

fn load(text: &str) -> Loaded {
    load_text(text).unwrap_or_else(|errors| panic!("{text}: {errors}"))
}

fn ids(config: &Config) -> Vec<&'static str> {
    config.authentication.iter().map(|entry| entry.id()).collect()
}

fn types(config: &Config) -> Vec<&'static str> {
    config.authorization.sources.iter().map(|source| source.id()).collect()
}

const CHAIN: &str = r#"
authentication = [
  {
    mechanism = password_based
    backend = built_in_database
    user_id_type = username
    password_hash_algorithm { name = sha256, salt_position = suffix }
    bootstrap_file = "${EMQX_ETC_DIR}/auth-built-in-db-bootstrap.csv"
    bootstrap_type = plain
    enable = true
  },
  {
    mechanism = password_based
    backend = mysql
    enable = true
    server = "127.0.0.1:3306"
    database = mqtt_user
    username = root
    password = public
    pool_size = 8
    auto_reconnect = true
    password_hash_algorithm { name = sha256, salt_position = prefix }
    query = "SELECT password_hash, salt, is_superuser FROM mqtt_user WHERE username = ${username} LIMIT 1"
    query_timeout = "5s"
    ssl { enable = false, verify = verify_peer, depth = 10 }
  },
  {
    mechanism = password_based
    backend = postgresql
    server = "127.0.0.1:5432"
    database = mqtt_user
    username = postgres
    password = public
    password_hash_algorithm { name = bcrypt }
    query = "SELECT password_hash, salt FROM mqtt_user where username = ${username} LIMIT 1"
    disable_prepared_statements = false
    ssl { enable = true, cacertfile = "etc/certs/ca.pem", verify = verify_peer, server_name_indication = disable }
  },
  {
    mechanism = password_based
    backend = mongodb
    mongo_type = single
    server = "127.0.0.1:27017"
    database = mqtt
    collection = mqtt_user
    filter { username = "${username}" }
    w_mode = unsafe
    use_legacy_protocol = auto
    password_hash_field = password_hash
    salt_field = salt
    is_superuser_field = is_superuser
  },
  {
    mechanism = password_based
    backend = redis
    redis_type = single
    server = "127.0.0.1:6379"
    database = 1
    password = public
    cmd = "HMGET mqtt_user:${username} password_hash salt is_superuser"
    password_hash_algorithm { name = pbkdf2, mac_fun = sha256, iterations = 4096, dk_length = 32 }
  },
  {
    mechanism = password_based
    backend = ldap
    server = "127.0.0.1:389"
    username = "cn=root,dc=emqx,dc=io"
    password = root_password
    base_dn = "uid=${username},ou=testdevice,dc=emqx,dc=io"
    filter = "(& (objectClass=mqttUser) (uid=${username}))"
    request_timeout = 10s
    method { type = bind, bind_password = "${password}", is_superuser_attribute = isSuperuser }
  },
  {
    mechanism = password_based
    backend = http
    method = post
    url = "http://127.0.0.1:32333/auth?clientid=${clientid}"
    body { username = "${username}", password = "${password}" }
    headers { "content-type" = "application/json", "X-Request-Source" = EMQX }
    connect_timeout = 15s
    request_timeout = 5s
    enable_pipelining = 100
    max_inactive = 10s
    pool_size = 8
    ssl { enable = false }
  },
  {
    mechanism = jwt
    from = password
    use_jwks = false
    algorithm = "hmac-based"
    secret = emqxsecret
    secret_base64_encoded = false
    acl_claim_name = acl
    disconnect_after_expire = true
    verify_claims { username = "${username}" }
  },
  { mechanism = scram, backend = built_in_database, algorithm = sha256, iteration_count = 4096 },
  {
    mechanism = scram
    backend = http
    method = get
    url = "http://127.0.0.1:32333/scram"
    body { username = "${username}" }
    algorithm = sha512
  },
  {
    mechanism = cinfo
    checks = [
      { is_match = ["regex_match(username, '^super-.+$')", "str_eq(zone, 'default')"], result = allow },
      { is_match = "str_eq(clientid, '')", result = deny }
    ]
  }
]
"#;

const SOURCES: &str = r#"
authorization {
  no_match = deny
  deny_action = ignore
  cache { enable = true, max_size = 32, ttl = 1m }
  sources = [
    { type = file, enable = true, path = "${EMQX_ETC_DIR}/acl.conf" },
    { type = built_in_database, enable = true, max_rules = 100 },
    {
      type = mysql, server = "127.0.0.1:3306", database = mqtt_user, username = root, password = public
      query = "SELECT action, permission, topic, ipaddress, qos, retain FROM mqtt_acl where username = ${username}"
    },
    {
      type = postgresql, server = "127.0.0.1:5432", database = mqtt_user, username = postgres, password = public
      query = "SELECT action, permission, topic FROM mqtt_acl where username = ${username} or ipaddress = ${peerhost}"
    },
    {
      type = mongodb, mongo_type = rs, servers = "mongo1:27017, mongo2", replica_set_name = rs0, r_mode = slave_ok
      srv_record = false, database = mqtt, collection = mqtt_acl, filter { username = "${username}" }, limit = 1000
    },
    { type = redis, redis_type = cluster, servers = "127.0.0.1:6379,127.0.0.1:6380", cmd = "HGETALL mqtt_acl:${username}" },
    { type = ldap, server = ldap, username = "cn=root", password = p, base_dn = "uid=${username},ou=d", query_timeout = 5s },
    {
      type = http, method = get, url = "https://127.0.0.1/acl/${topic}", request_timeout = 30s
      headers { accept = "application/json" }, body { action = "${action}", qos = "${qos}" }
      ssl { enable = true, verify = verify_peer }
    }
  ]
}
"#;

#[test]
fn the_samples_of_emqx_are_read() {
    let loaded = load(CHAIN);
    let expected = [
        "password_based:built_in_database",
        "password_based:mysql",
        "password_based:postgresql",
        "password_based:mongodb",
        "password_based:redis",
        "password_based:ldap",
        "password_based:http",
        "jwt",
        "scram:built_in_database",
        "scram:http",
        "cinfo",
    ];
    assert_eq!(ids(&loaded.config), expected);
    let AuthenticatorKind::Ldap(ldap) = &loaded.config.authentication[5].kind else { panic!("the sixth is ldap") };
    assert!(matches!(ldap.method, LdapMethod::Bind { .. }));

    let loaded = load(SOURCES);
    let expected = ["file", "built_in_database", "mysql", "postgresql", "mongodb", "redis", "ldap", "http"];
    assert_eq!(types(&loaded.config), expected);
}

#[test]
fn one_entry_needs_no_list_around_it() {
    for text in [
        "authentication { mechanism = jwt, algorithm = hmac-based, secret = s }",
        "authentication = [{ mechanism = jwt, algorithm = hmac-based, secret = s }]",
        "authentication.1 { mechanism = jwt, algorithm = hmac-based, secret = s }",
    ] {
        assert_eq!(ids(&load(text).config), ["jwt"], "{text}");
    }
    for text in
        ["authorization.sources { type = built_in_database }", "authorization.sources.1.type = built_in_database"]
    {
        assert_eq!(types(&load(text).config), ["built_in_database"], "{text}");
    }
}

#[test]
fn variables_change_single_keys_of_entries() {
    let text = "authentication = [{ mechanism = jwt, algorithm = hmac-based, secret = s }, { mechanism = scram, backend = \
                built_in_database }]";
    let variables = [
        ("EMQX_AUTHENTICATION__1__ENABLE", "false"),
        ("EMQX_AUTHENTICATION__2__ITERATION_COUNT", "10000"),
        (
            "DUNLIN_AUTHENTICATION__3",
            "{ mechanism = cinfo, checks = [{ is_match = \"is_empty(username)\", result = deny }] }",
        ),
        ("EMQX_AUTHORIZATION__SOURCES__1__TYPE", "built_in_database"),
    ];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let loaded = Sources::new(variables).with_file("dunlin.conf", text).load().unwrap();
    assert_eq!(ids(&loaded.config), ["jwt", "scram:built_in_database", "cinfo"]);
    let chain = &loaded.config.authentication;
    let AuthenticatorKind::ScramBuiltInDatabase(scram) = &chain[1].kind else { panic!("the second is scram") };
    assert_eq!((chain[0].enable, chain[1].enable, scram.iteration_count), (false, true, 10_000));
    assert_eq!(types(&loaded.config), ["built_in_database"]);
}

#[test]
fn spellings_of_older_versions_are_read() {
    let ldap = "mechanism = password_based, server = l, username = u, base_dn = d";
    let method = |text: &str| match &load(text).config.authentication[0].kind {
        AuthenticatorKind::Ldap(ldap) => format!("{:?} {}", ldap.method, ldap.is_superuser_attribute),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        method(&format!(
            "authentication = [{{ {ldap}, backend = ldap, password_attribute = p, is_superuser_attribute = s }}]"
        )),
        "Hash { password_attribute: \"p\" } s"
    );
    assert_eq!(
        method(&format!("authentication = [{{ {ldap}, backend = ldap_bind, bind_password = \"${{password}}\" }}]")),
        "Bind { bind_password: Secret(******) } isSuperuser"
    );
    assert_eq!(load("authorization.node_cache.max_size = 5").config.authorization.node_cache.max_count, 5);
}

#[test]
fn a_listener_has_a_chain_of_its_own() {
    let text = "listeners.tcp.default.authentication = [{ mechanism = scram, backend = built_in_database }]\n\
                authentication = [{ mechanism = jwt, algorithm = hmac-based, secret = s }]";
    let config = load(text).config;
    let ids: Vec<_> = config.listeners.iter().map(|listener| listener.authentication.len()).collect();
    assert_eq!((ids, config.authentication.len()), (vec![1, 0, 0, 0], 1));
    assert_eq!(config.listeners[0].authentication[0].id(), "scram:built_in_database");
}

#[test]
fn who_names_no_source_has_the_file_beside_the_configuration() {
    let file = |text: &str| {
        let config = Sources::new([]).with_file("/etc/dunlin/dunlin.conf", text).load().unwrap().config;
        let SourceKind::File(File::Path(file)) = &config.authorization.sources[0].kind else { panic!("a file") };
        (file.clone(), file.path(config.etc_dir.as_deref()))
    };
    let there = Some("/etc/dunlin/acl.conf".into());
    assert_eq!(file(""), (EtcFile::Default("acl.conf"), there.clone()));
    assert_eq!(file("authorization.sources = [{ type = file }]"), (EtcFile::Default("acl.conf"), there.clone()));
    let named = EtcFile::Named("/etc/dunlin/acl.conf".into());
    assert_eq!(file("authorization.sources = [{ type = file, path = \"${EMQX_ETC_DIR}/acl.conf\" }]"), (named, there));
    assert_eq!(load("authorization.sources = []").config.authorization.sources, []);
}
