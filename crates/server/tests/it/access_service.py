"""A web service that says who may come in and what clients may do.

access_service.py PORT [FOLDER]

`/scram` has the keys of ann and eve, whose passwords are `right` (RFC 5802 section 3, SHA-512, 64 iterations).

`/token` gives tokens to the client `dunlin` (RFC 6749 section 4.4), and `/guarded/…` is the same for whoever shows one.

With a folder it speaks TLS with cert.pem and key.pem in it, and shows keys.json, as it is at that moment, to whoever asks for keys.
"""
import hashlib
import hmac
import json
import pathlib
import secrets
import ssl
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


# What is good to show: nobody else knows it, and nobody when this ends.
TOKENS = set()


def scram_keys(password, salt):
    salted = hashlib.pbkdf2_hmac("sha512", password, salt, 64)
    client_key, server_key = (hmac.digest(salted, name, "sha512") for name in (b"Client Key", b"Server Key"))
    stored_key = hashlib.sha512(client_key).digest()
    return {"stored_key": stored_key.hex(), "server_key": server_key.hex(), "salt": salt.hex()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self.give_token(urllib.parse.parse_qs(body.decode()))
            return
        if self.path.startswith("/guarded") and self.headers["Authorization"] not in TOKENS:
            self.answer(None, 401)
            return
        self.path = self.path.removeprefix("/guarded")
        asked = json.loads(body)
        is_ann = asked["username"] == "ann"
        if self.path == "/scram":
            known = asked["username"] in ("ann", "eve")
            self.answer(scram_keys(b"right", b"salt of " + asked["username"].encode()) if known else None)
            return
        if self.path == "/rules":
            result = "allow" if is_ann and asked["topic"].startswith("own/ann/") else "ignore"
        elif is_ann:
            result = "allow" if asked["password"] == "right" else "deny"
        else:
            result = "ignore"
        self.answer({"result": result})

    def do_GET(self):
        self.answer(json.loads(pathlib.Path(sys.argv[2], "keys.json").read_bytes()))

    def give_token(self, asked):
        client = [asked.get(name) for name in ("grant_type", "client_id", "client_secret")]
        if client != [["client_credentials"], ["dunlin"], ["a secret & more"]]:
            self.answer({"error": "invalid_client"}, 401)
            return
        token = secrets.token_urlsafe()
        TOKENS.add(f"Bearer {token}")
        self.answer({"access_token": token, "token_type": "Bearer", "expires_in": 60})

    def answer(self, fields, status=200):
        if fields is None:
            self.send_response(404 if status == 200 else status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pathlib.Path(sys.argv[2], "cert.pem"), pathlib.Path(sys.argv[2], "key.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("serving", flush=True)
server.serve_forever()
