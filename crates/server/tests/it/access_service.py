"""A web service that says who may come in and what clients may do.

access_service.py PORT [FOLDER]

`/scram` has the keys of ann and eve, whose passwords are `right` (RFC 5802 section 3, SHA-512, 64 iterations).

With a folder it speaks TLS with cert.pem and key.pem in it, and shows keys.json, as it is at that moment, to whoever asks for keys.
"""
import hashlib
import hmac
import json
import pathlib
import ssl
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def scram_keys(password, salt):
    salted = hashlib.pbkdf2_hmac("sha512", password, salt, 64)
    client_key, server_key = (hmac.digest(salted, name, "sha512") for name in (b"Client Key", b"Server Key"))
    stored_key = hashlib.sha512(client_key).digest()
    return {"stored_key": stored_key.hex(), "server_key": server_key.hex(), "salt": salt.hex()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
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

    def answer(self, fields):
        if fields is None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = json.dumps(fields).encode()
        self.send_response(200)
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
