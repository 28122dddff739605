#!/usr/bin/env python3
"""Records the headers that a real haproxy sends, into the folder of this script: `record.py` (needs haproxy and openssl).

Each recording is what arrived at the server before the first byte of the client, and in `sources.txt` the port of the
client for those that have one. Recorded with haproxy 2.6.12 of Debian 12.
"""
import os, pathlib, socket, ssl, subprocess, tempfile, time

FOLDER = pathlib.Path(__file__).parent
CLIENT_BYTES = b"\x10\x00"
OPTIONS = "proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id"


def free_port(family=socket.AF_INET, host="127.0.0.1"):
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def listener():
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(5)
    return server, server.getsockname()[1]


def certificates(folder):
    def run(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for name in ("server", "client-7"):
        run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650", "-subj",
            f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.crt")
    (folder / "server.pem").write_bytes((folder / "server.crt").read_bytes() + (folder / "server.key").read_bytes())


def received(server):
    connection, _ = server.accept()
    connection.settimeout(5)
    data = b""
    while not data.endswith(CLIENT_BYTES):
        data += connection.recv(4096)
    return data[: -len(CLIENT_BYTES)]


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certificates(folder)
        kinds = {"v1_tcp4": "send-proxy", "v2_tcp4": "send-proxy-v2", "v1_tcp6": "send-proxy",
                 "v2_tcp6": "send-proxy-v2", "v2_tlvs": f"send-proxy-v2 {OPTIONS}", "v1_unix": "send-proxy",
                 "v2_unix": "send-proxy-v2", "v2_local": "send-proxy-v2 check check-send-proxy inter 100"}
        ports, servers, text = {}, {}, "defaults\n mode tcp\n timeout connect 3s\n timeout client 5s\n timeout server 5s\n"
        for kind, words in kinds.items():
            servers[kind], server_port = listener()
            ports[kind] = free_port(socket.AF_INET6, "::1") if "tcp6" in kind else free_port()
            bind = f"[::1]:{ports[kind]}" if "tcp6" in kind else f"127.0.0.1:{ports[kind]}"
            if "unix" in kind:
                bind = f"unix@{folder}/{kind}.sock"
            if "tlvs" in kind:
                bind += f" ssl crt {folder}/server.pem ca-file {folder}/client-7.crt verify optional"
            text += f"listen {kind}\n bind {bind}\n unique-id-format %{{+X}}o%ci-%cp\n server s 127.0.0.1:{server_port} {words}\n"
        (folder / "haproxy.cfg").write_text(text)
        haproxy = subprocess.Popen(["haproxy", "-f", folder / "haproxy.cfg", "-q"])
        try:
            sources = record(kinds, ports, servers, folder)
        finally:
            haproxy.terminate()
            haproxy.wait()
    (FOLDER / "sources.txt").write_text("".join(f"{kind} {port}\n" for kind, port in sources.items()))


def connect(kind, ports, folder):
    for _ in range(50):
        try:
            if "unix" in kind:
                client = socket.socket(socket.AF_UNIX)
                client.connect(f"{folder}/{kind}.sock")
                return client
            return socket.create_connection(("::1" if "tcp6" in kind else "127.0.0.1", ports[kind]))
        except (ConnectionRefusedError, FileNotFoundError):
            time.sleep(0.1)
    raise SystemExit(f"haproxy does not listen for {kind}")


def record(kinds, ports, servers, folder):
    sources = {}
    for kind in kinds:
        if kind == "v2_local":
            # A health check sends the header and nothing else.
            connection, _ = servers[kind].accept()
            header = connection.recv(4096)
        else:
            client = connect(kind, ports, folder)
            if "unix" not in kind:
                sources[kind] = client.getsockname()[1]
            if "tlvs" in kind:
                context = ssl.create_default_context(cafile=folder / "server.crt")
                context.check_hostname = False
                context.load_cert_chain(folder / "client-7.crt", folder / "client-7.key")
                client = context.wrap_socket(client, server_hostname="mqtt.example.com")
            client.sendall(CLIENT_BYTES)
            header = received(servers[kind])
        (FOLDER / f"{kind}.bin").write_bytes(header)
    return sources


main()
