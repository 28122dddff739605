//! Real proxies in front of the broker: whose connection it is, it knows from them.
//!
//! What it knows shows in `mountpoint = "from/${peerhost}/"`: clients come from another address of this machine than the proxy.

use crate::clients::program;
use dunlin_model::Qos::AtLeastOnce;
use dunlin_testkit::{Authority, Client, Issued, TestBroker, Way};
use rustix::process::{Pid, Signal, geteuid, kill_process};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// Where clients come from.
const CLIENT: [u8; 4] = [127, 0, 0, 9];

/// Debian keeps it there.
const STREAM_MODULE: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

/// A proxy that runs until it is dropped.
struct Proxy {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Killed, nginx would leave its worker behind.
        if let Some(id) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(id, Signal::TERM);
        }
        let _ = self.child.wait();
    }
}

/// Its listening socket becomes the standard input of the proxy: clients can connect before it has started, and no other program
/// can take the port.
fn socket() -> (SocketAddr, Stdio) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    (address, Stdio::from(OwnedFd::from(listener)))
}

fn spawn(mut command: Command, address: SocketAddr, folder: TempDir) -> Proxy {
    let child = command.stdout(Stdio::null()).spawn().expect("the proxy runs");
    Proxy { child, address, _folder: folder }
}

/// `bind` are more words of the line that says where it listens, `server` more of the one about the broker.
fn haproxy(bind: &str, broker: SocketAddr, server: &str) -> Option<Proxy> {
    let program = program("haproxy")?;
    let folder = tempfile::tempdir().expect("a folder");
    let configuration = folder.path().join("haproxy.cfg");
    let text = format!(
        "defaults\n mode tcp\n timeout connect 5s\n timeout client 60s\n timeout server 60s\n\
         frontend clients\n bind fd@0 {bind}\n default_backend brokers\n\
         backend brokers\n server dunlin {broker} {server}\n"
    );
    std::fs::write(&configuration, text).expect("it is written");
    let (address, input) = socket();
    let mut command = Command::new(program);
    command.arg("-db").arg("-f").arg(configuration).stdin(input);
    Some(spawn(command, address, folder))
}

/// `server` are the lines of the block `server` in the block `context`, with `{listen}` for where it listens.
fn nginx(context: &str, server: &str) -> Option<Proxy> {
    let program = program("nginx")?;
    if context == "stream" && !Path::new(STREAM_MODULE).exists() {
        eprintln!("skipped: nginx has no {STREAM_MODULE} (make clients)");
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().display();
    let (address, input) = socket();
    let (module, own) = match context {
        "stream" => (format!("load_module {STREAM_MODULE};"), String::new()),
        _ => {
            let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let folders: String = kinds.iter().map(|kind| format!(" {kind}_temp_path {path}/{kind};\n")).collect();
            (String::new(), format!(" access_log off;\n{folders}"))
        }
    };
    // Its worker gives up being root otherwise, and cannot use the folder.
    let user = if geteuid().is_root() { "user root;" } else { "" };
    let server = server.replace("{listen}", &address.to_string());
    let text = format!(
        "{module}\n{user}\ndaemon off;\nworker_processes 1;\npid {path}/pid;\nerror_log stderr;\nevents {{}}\n\
         {context} {{\n{own} server {{\n{server}\n }}\n}}\n"
    );
    let configuration = folder.path().join("nginx.conf");
    std::fs::write(&configuration, text).expect("it is written");
    let mut command = Command::new(program);
    // Sockets it inherits are named in this variable.
    command.arg("-p").arg(folder.path()).arg("-c").arg(configuration).stdin(input).env("NGINX", "0;");
    Some(spawn(command, address, folder))
}

/// A broker with one listener beside `tcp:default`, whose clients show in topics where they come from.
fn broker(kind: &str, options: &str) -> TestBroker {
    TestBroker::with(&format!(
        "listeners.{kind}.inner {{ bind = 0\n mountpoint = \"from/${{peerhost}}/\"\n {options} }}"
    ))
}

/// A client that comes this way publishes, and the broker knows where it comes from.
#[track_caller]
fn comes_from(broker: &TestBroker, proxy: &Proxy, way: &Way, expected: &str) {
    let mut watcher = Client::v5("watcher").connect(broker);
    watcher.subscribe("from/#", AtLeastOnce);
    let way = way.clone().from(CLIENT.into());
    let mut client = Client::v5("client").through(&way).connect_to(proxy.address);
    client.publish("t", "1", AtLeastOnce);
    assert_eq!(watcher.expect_publish().topic, format!("from/{expected}/t"));
    client.disconnect();
    broker.wait_until("the client is gone", |broker| broker.connections() == 1);
}

/// Certificate and key in one file, as haproxy wants them.
fn bundle(authority: &Authority, issued: &Issued) -> String {
    let file = authority.folder().join("bundle.pem");
    let read = |part: &Path| std::fs::read_to_string(part).expect("a file");
    std::fs::write(&file, read(&issued.certificate) + &read(&issued.key)).expect("it is written");
    file.display().to_string()
}

#[test]
fn haproxy_ends_tls_and_says_whose_connection_it_is() {
    let authority = Authority::new("authority");
    let bind = format!("ssl crt {}", bundle(&authority, &authority.issue("server")));
    for server in ["send-proxy", "send-proxy-v2", "send-proxy-v2-ssl-cn"] {
        let broker = broker("tcp", "proxy_protocol = true");
        let Some(proxy) = haproxy(&bind, broker.address_of("tcp:inner"), server) else { return };
        comes_from(&broker, &proxy, &Way::tcp().tls(authority.trusting()), "127.0.0.9");
    }
}

#[test]
fn haproxy_says_whose_certificate_it_has_verified() {
    let authority = Authority::new("authority");
    let broker = TestBroker::with(
        "mqtt.peer_cert_as_username = cn
         listeners.tcp.inner { bind = 0, proxy_protocol = true, mountpoint = \"from/${username}/\" }",
    );
    let authorities = authority.certificate();
    let keys = bundle(&authority, &authority.issue("server"));
    let bind = format!("ssl crt {keys} ca-file {} verify required", authorities.display());
    let Some(proxy) = haproxy(&bind, broker.address_of("tcp:inner"), "send-proxy-v2-ssl-cn") else { return };
    comes_from(&broker, &proxy, &Way::tcp().tls(authority.trusting_as(&authority.issue("meter-7"))), "meter-7");
}

#[test]
fn haproxy_passes_tls_through() {
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    for (proxy_protocol, server, expected) in
        [(true, "send-proxy", "127.0.0.9"), (true, "send-proxy-v2", "127.0.0.9"), (false, "", "127.0.0.1")]
    {
        let options = format!("proxy_protocol = {proxy_protocol}\n ssl_options {{ {keys} }}");
        let broker = broker("ssl", &options);
        let Some(proxy) = haproxy("", broker.address_of("ssl:inner"), server) else { return };
        comes_from(&broker, &proxy, &Way::tcp().tls(authority.trusting()), expected);
    }
}

/// It asks whether the broker is there, with a header that speaks of itself: no client, and nothing wrong.
#[test]
fn haproxy_checks_whether_the_broker_is_there() {
    let broker = broker("tcp", "proxy_protocol = true");
    let server = "send-proxy-v2 check inter 50ms rise 2";
    let Some(proxy) = haproxy("", broker.address_of("tcp:inner"), server) else { return };
    comes_from(&broker, &proxy, &Way::tcp(), "127.0.0.9");
    let report = broker.listeners().into_iter().find(|report| report.id == "tcp:inner").expect("a listener");
    assert_eq!(report.handshakes_failed, []);
}

#[test]
fn nginx_ends_tls_and_says_whose_connection_it_is() {
    let authority = Authority::new("authority");
    let server = authority.issue("server");
    let broker = broker("tcp", "proxy_protocol = true");
    let (certificate, key) = (server.certificate.display(), server.key.display());
    let block = format!(
        "listen {{listen}} ssl;\nssl_certificate {certificate};\nssl_certificate_key {key};\nproxy_pass {};\nproxy_protocol on;",
        broker.address_of("tcp:inner")
    );
    let Some(proxy) = nginx("stream", &block) else { return };
    comes_from(&broker, &proxy, &Way::tcp().tls(authority.trusting()), "127.0.0.9");
}

#[test]
fn nginx_passes_tls_through() {
    let authority = Authority::new("authority");
    let keys = authority.issue("server").keys();
    let broker = broker("ssl", &format!("proxy_protocol = true\n ssl_options {{ {keys} }}"));
    let block = format!("listen {{listen}};\nproxy_pass {};\nproxy_protocol on;", broker.address_of("ssl:inner"));
    let Some(proxy) = nginx("stream", &block) else { return };
    comes_from(&broker, &proxy, &Way::tcp().tls(authority.trusting()), "127.0.0.9");
}

#[test]
fn nginx_passes_websocket_on_and_says_whose_connection_it_is() {
    let authority = Authority::new("authority");
    let server = authority.issue("server");
    let (certificate, key) = (server.certificate.display(), server.key.display());
    let tls = format!("ssl_certificate {certificate};\nssl_certificate_key {key};");
    for (listen, way) in [
        ("listen {listen};".to_owned(), Way::tcp()),
        (format!("listen {{listen}} ssl;\n{tls}"), Way::tcp().tls(authority.trusting())),
    ] {
        let broker = broker("ws", "");
        let block = format!(
            "{listen}\nlocation /mqtt {{\nproxy_pass http://{};\nproxy_http_version 1.1;\n\
             proxy_set_header Upgrade $http_upgrade;\nproxy_set_header Connection upgrade;\n\
             proxy_set_header X-Forwarded-For $remote_addr;\nproxy_set_header X-Forwarded-Port $remote_port;\n}}",
            broker.address_of("ws:inner")
        );
        let Some(proxy) = nginx("http", &block) else { return };
        comes_from(&broker, &proxy, &way.websocket(), "127.0.0.9");
    }
}
