"""A web service as a user of the broker would write it, on Python's own HTTP server.

service.py PORT [CERTIFICATE KEY]
"""
import json
import ssl
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

open_connections = set()
most_connections = 0
lock = threading.Lock()

USERS = {"alice": "right", "root": "right", "teams": "right", "expired": "right", "bad-acl": "right"}
FIELDS = {
    "root": {"is_superuser": True},
    "teams": {
        "client_attrs": {"team": "a"},
        "expire_at": 1800000000,
        "clientid_override": "other",
        "acl": [{"permission": "allow", "action": "pub", "topic": "t/${clientid}/#", "qos": [0, 1], "retain": "all"}],
    },
    "expired": {"expire_at": 1600000000},
    "bad-acl": {"acl": [{"permission": "perhaps"}]},
}


# What the broker has to say of itself to get a token, and the tokens that are good now.
CLIENT = {"grant_type": "client_credentials", "client_id": "dunlin", "client_secret": "a secret/with+all&of=it"}
SCOPE = "users:read"
tokens = []
refused_tokens = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        global most_connections
        super().setup()
        with lock:
            open_connections.add(self)
            most_connections = max(most_connections, len(open_connections))

    def finish(self):
        with lock:
            open_connections.discard(self)
        super().finish()

    def answer(self, status, body=b"", content_type="application/json; charset=utf-8", **headers):
        self.send_response(status)
        if body:
            self.send_header("Content-Type", content_type)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, fields):
        self.answer(200, json.dumps(fields).encode())

    def do_GET(self):
        self.handle_request(b"")

    def do_POST(self):
        self.handle_request(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def handle_request(self, body):
        url = urllib.parse.urlsplit(self.path)
        fields = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        if body and self.headers.get_content_type() == "application/json":
            fields.update(json.loads(body))
        elif body:
            fields.update(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        getattr(self, "on_" + url.path.split("/")[1])(url, fields, body)

    def on_auth(self, url, fields, body):
        user = fields.get("username")
        if user not in USERS:
            self.answer_json({"result": "ignore"})
        elif fields.get("password") != USERS[user]:
            self.answer_json({"result": "deny"})
        else:
            self.answer_json({"result": "allow", **FIELDS.get(user, {})})

    def on_token(self, url, fields, body):
        """A token endpoint (RFC 6749 section 4.4); `/token/down` has none to give."""
        given = {name: fields.get(name) for name in CLIENT}
        if url.path.endswith("/down"):
            self.answer(503)
        elif self.headers.get_content_type() != "application/x-www-form-urlencoded" or given != CLIENT:
            self.answer(401, b'{"error": "invalid_client"}')
        elif fields.get("scope", SCOPE) != SCOPE:
            self.answer(400, b'{"error": "invalid_scope"}')
        else:
            with lock:
                tokens.append(f"token-{len(tokens)}")
            lifetime = int(fields.get("lifetime", "3600"))
            self.answer_json({"access_token": tokens[-1], "token_type": "bearer", "expires_in": lifetime})

    def on_guarded(self, url, fields, body):
        """As `/auth`, for whoever shows a token that is good."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token in tokens and token not in refused_tokens:
            self.on_auth(url, fields, body)
        else:
            self.answer(401)

    def on_tokens(self, url, fields, body):
        """How many there are; `/tokens/revoke` makes them worthless."""
        if url.path.endswith("/revoke"):
            refused_tokens.extend(tokens)
            self.answer_json({"result": "allow"})
        else:
            self.answer_json({"result": "allow", "client_attrs": {"tokens": str(len(tokens))}})

    def on_form(self, url, fields, body):
        answer = {"result": "allow", "is_superuser": "1", "expire_at": "1800000000", "acl": '{"pub": ["a b"]}'}
        self.answer(200, urllib.parse.urlencode(answer).encode(), "application/x-www-form-urlencoded")

    def on_echo(self, url, fields, body):
        seen = {"path": self.path, "body": body.decode("latin1"), "user": self.headers.get("X-User", "")}
        seen["fields"] = json.dumps(fields)
        seen["names"] = ",".join(sorted(name.lower() for name in self.headers))
        self.answer_json({"result": "allow", "client_attrs": seen})

    def on_connections(self, url, fields, body):
        now = {"now": len(open_connections), "most": most_connections}
        self.answer_json({"result": "allow", "client_attrs": now})

    def on_status(self, url, fields, body):
        self.answer(int(url.path.split("/")[2]), Location="/auth")

    def on_says(self, url, fields, body):
        self.answer(200, fields["body"].encode(), fields.get("type", "application/json"))

    def on_long(self, url, fields, body):
        self.answer_json({"result": "allow", "filler": "x" * 100_000})

    def on_closes(self, url, fields, body):
        self.answer(200, b'{"result": "allow"}', Connection="close")
        self.close_connection = True

    def on_hangs_up(self, url, fields, body):
        """Says that it keeps the connection, and closes it behind the answer."""
        self.answer(200, b'{"result": "allow"}')
        self.close_connection = True

    def on_breaks(self, url, fields, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"result": "allow"')
        self.close_connection = True

    def on_babbles(self, url, fields, body):
        self.wfile.write(b"220 mail.example.org ESMTP\r\n")
        self.close_connection = True

    def on_endless(self, url, fields, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            pass

    def on_silent(self, url, fields, body):
        """Waits until the other end is gone."""
        print("silent", flush=True)
        self.connection.recv(1)
        self.close_connection = True

    def on_scram(self, url, fields, body):
        if fields.get("username") != "alice":
            self.answer(404)
            return
        keys = {"stored_key": fields["stored_key"], "server_key": fields["server_key"], "salt": fields["salt"]}
        self.answer_json({**keys, "is_superuser": True})

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 1000
    daemon_threads = True
    allow_reuse_address = True


server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print("serving", flush=True)
server.serve_forever()
