"""Scenarios that paho-mqtt plays against a broker: paho_client.py PORT VERSION SCENARIO KIND CA.

VERSION is 3.1, 3.1.1 or 5, KIND the kind of the listener, CA the file with the authority of its certificate. Exits with 0 when everything came out as it should, else with a traceback. A scenario is a
function below whose name is given; it may use topics and client ids of its own, since every run has a broker to itself.
"""

import base64
import hmac
import json
import os
import queue
import socket
import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

TIMEOUT_SECS = 10
PROTOCOLS = {"3.1": mqtt.MQTTv31, "3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}
PORT = int(sys.argv[1])
VERSION = PROTOCOLS[sys.argv[2]]
IS_V5 = VERSION == mqtt.MQTTv5
KIND, AUTHORITY = sys.argv[4:6]


class Paho(mqtt.Client):
    """paho-mqtt, which knows TLS and WebSocket, and gets QUIC as a socket that somebody else carries on."""

    def __init__(self, **options):
        super().__init__(
            mqtt.CallbackAPIVersion.VERSION2,
            protocol=VERSION,
            reconnect_on_failure=False,
            transport="websockets" if KIND in ("ws", "wss") else "tcp",
            **options,
        )
        if KIND in ("ssl", "wss"):
            self.tls_set(ca_certs=AUTHORITY)

    def _create_socket_connection(self):
        if KIND != "quic":
            return super()._create_socket_connection()
        from quic_carrier import carry

        return carry(PORT, AUTHORITY)


class Client:
    """A paho client whose callbacks fill queues, so that a scenario reads from top to bottom."""

    def __init__(self, client_id, keep=False, will=None, login=None, expected=0, **connect_properties):
        options = {} if IS_V5 else {"clean_session": not keep}
        self.paho = Paho(client_id=client_id, **options)
        self.connected, self.disconnected = queue.Queue(), queue.Queue()
        self.subscribed, self.unsubscribed = queue.Queue(), queue.Queue()
        self.published, self.messages = queue.Queue(), queue.Queue()
        self.paho.on_connect = lambda _c, _u, flags, code, properties: self.connected.put((flags, code, properties))
        self.paho.on_disconnect = lambda _c, _u, _flags, code, _properties: self.disconnected.put(code)
        self.paho.on_subscribe = lambda _c, _u, _mid, codes, _properties: self.subscribed.put(codes)
        self.paho.on_unsubscribe = lambda _c, _u, _mid, codes, _properties: self.unsubscribed.put(codes)
        self.paho.on_publish = lambda _c, _u, _mid, code, _properties: self.published.put(code)
        self.paho.on_message = lambda _c, _u, message: self.messages.put(message)
        self.paho.max_inflight_messages_set(20)
        if will:
            self.paho.will_set(*will)
        if login:
            self.paho.username_pw_set(*login)
        if IS_V5:
            if keep:
                connect_properties.setdefault("SessionExpiryInterval", 60)
            properties = fill(PacketTypes.CONNECT, connect_properties)
            self.paho.connect("127.0.0.1", PORT, clean_start=not keep, properties=properties)
        else:
            self.paho.connect("127.0.0.1", PORT)
        self.paho.loop_start()
        self.flags, self.code, self.connack = self.connected.get(timeout=TIMEOUT_SECS)
        assert expected is None or self.code == expected, f"CONNACK {self.code}"

    def subscribe(self, topic, qos=0, options=None, **properties):
        if options or properties:
            options = options or SubscribeOptions(qos=qos)
            self.paho.subscribe(topic, options=options, properties=fill(PacketTypes.SUBSCRIBE, properties))
        else:
            self.paho.subscribe(topic, qos)
        codes = [code.value for code in self.subscribed.get(timeout=TIMEOUT_SECS)]
        assert codes == [options.QoS if options else qos], f"SUBACK {codes}"

    def publish(self, topic, payload, qos=0, retain=False, **properties):
        """Returns once the exchange is complete; paho sends the acknowledgements."""
        properties = fill(PacketTypes.PUBLISH, properties) if properties else None
        self.paho.publish(topic, payload, qos, retain, properties)
        code = self.published.get(timeout=TIMEOUT_SECS)
        assert code.value < 0x80, f"acknowledged with {code}"

    def receive(self):
        return self.messages.get(timeout=TIMEOUT_SECS)

    def drain(self):
        """Whatever was on its way arrives before a message of our own."""
        fence = f"fence/{id(self)}"
        self.subscribe(fence)
        self.publish(fence, b"")
        messages = []
        while (message := self.receive()).topic != fence:
            messages.append(message)
        return messages

    def nothing_more(self):
        topics = [message.topic for message in self.drain()]
        assert topics == [], f"unexpected messages on {topics}"

    def disconnect(self):
        """Returns once the broker has closed the connection, and so knows that the client is away. paho closes its own handle
        as soon as DISCONNECT is written; a second one keeps the connection until the broker has read that."""
        connection = self.connection()
        self.paho.disconnect()
        self.disconnected.get(timeout=TIMEOUT_SECS)
        self.paho.loop_stop()
        connection.settimeout(TIMEOUT_SECS)
        while connection.recv(4096):
            pass
        connection.close()

    def connection(self):
        """The socket below TLS and WebSocket, with a handle of its own."""
        return socket.socket(fileno=os.dup(self.paho.socket().fileno()))

    def vanish(self):
        """Closes the connection without DISCONNECT."""
        self.connection().shutdown(socket.SHUT_RDWR)
        self.disconnected.get(timeout=TIMEOUT_SECS)
        self.paho.loop_stop()


def fill(packet_type, values):
    properties = Properties(packet_type)
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


def every_qos_both_ways():
    receiver, sender = Client("receiver"), Client("sender")
    for granted in range(3):
        receiver.subscribe(f"to/{granted}", granted)
    for granted in range(3):
        for qos in range(3):
            sender.publish(f"to/{granted}", f"{qos}".encode(), qos)
            message = receiver.receive()
            got = (message.topic, message.payload, message.qos, message.retain)
            assert got == (f"to/{granted}", f"{qos}".encode(), min(granted, qos), False), got
    receiver.paho.unsubscribe("to/0")
    receiver.unsubscribed.get(timeout=TIMEOUT_SECS)
    sender.publish("to/0", b"nobody listens", 1)
    receiver.nothing_more()


def retained_messages():
    sender = Client("sender")
    for payload in (b"old", b"new"):
        sender.publish("state/door", payload, 1, retain=True)
    sender.publish("state/window", b"open", 1, retain=True)
    sender.publish("state/window", b"", 1, retain=True)
    late = Client("late")
    late.subscribe("state/#", 1)
    message = late.receive()
    assert (message.topic, message.payload, message.retain) == ("state/door", b"new", True)
    late.nothing_more()
    sender.publish("state/door", b"live", 1, retain=True)
    message = late.receive()
    assert (message.payload, message.retain) == (b"live", False)


def will_of_a_vanished_client():
    watcher = Client("watcher")
    watcher.subscribe("gone/+", 1)
    Client("polite", will=("gone/polite", b"not sent", 1, False)).disconnect()
    Client("hasty", will=("gone/hasty", b"gone", 1, False)).vanish()
    message = watcher.receive()
    assert (message.topic, message.payload, message.qos) == ("gone/hasty", b"gone", 1)
    watcher.nothing_more()


def session_is_resumed_with_its_queue():
    keeper, sender = Client("keeper", keep=True), Client("sender")
    assert not keeper.flags.session_present
    keeper.subscribe("news", 2)
    keeper.disconnect()
    for number in range(30):
        sender.publish("news", f"{number}".encode(), number % 3)
    keeper = Client("keeper", keep=True)
    assert keeper.flags.session_present == (VERSION != mqtt.MQTTv31)
    # Order is promised for each quality of service: paho hands out QoS 2 messages only after PUBREL.
    got = [keeper.receive() for _ in range(30)]
    for qos in range(3):
        numbers = [int(message.payload) for message in got if message.qos == qos]
        assert numbers == list(range(qos, 30, 3)), (qos, numbers)
    keeper.disconnect()
    fresh = Client("keeper")
    assert not fresh.flags.session_present
    sender.publish("news", b"not for the new session", 1)
    fresh.nothing_more()


def members_of_a_group_share():
    sender = Client("sender")
    members = [Client(f"member-{number}") for number in range(2)]
    for member in members:
        member.subscribe("$share/team/jobs/+", 1)
    for number in range(40):
        sender.publish(f"jobs/{number}", f"{number}".encode(), 1)
    first, second = ([int(message.payload) for message in member.drain()] for member in members)
    assert first and second, (first, second)
    assert sorted(first + second) == list(range(40)), (first, second)


def large_payload():
    client = Client("client")
    client.subscribe("large", 2)
    payload = bytes(range(256)) * 2000
    for qos in range(3):
        client.publish("large", payload, qos)
        message = client.receive()
        assert message.payload == payload and message.qos == qos


def thousand_messages_in_order():
    receiver, sender = Client("receiver"), Client("sender")
    receiver.subscribe("count/+", 2)
    for number in range(1000):
        sender.paho.publish(f"count/{number % 3}", f"{number}".encode(), number % 3)
    last = [-1, -1, -1]
    for _ in range(1000):
        message = receiver.receive()
        qos, number = int(message.topic[-1]), int(message.payload)
        assert message.qos == qos and number == (last[qos] + 3 if last[qos] >= 0 else qos), (message.topic, number, last)
        last[qos] = number


def properties_arrive_unchanged():
    receiver, sender = Client("receiver"), Client("sender")
    receiver.subscribe("ask", 1)
    pairs = [("a", "1"), ("b", "2"), ("a", "3"), ("", "")]
    for qos in range(3):
        sender.publish(
            "ask",
            "grüß".encode(),
            qos,
            UserProperty=pairs,
            ContentType="text/plain",
            ResponseTopic="answer/here",
            CorrelationData=b"\x00\xff\x01",
            PayloadFormatIndicator=1,
            MessageExpiryInterval=60,
        )
        got = receiver.receive().properties.json()
        assert got.pop("MessageExpiryInterval") in (59, 60)
        assert [tuple(pair) for pair in got.pop("UserProperty")] == pairs
        assert got == {
            "ContentType": "text/plain",
            "ResponseTopic": "answer/here",
            "CorrelationData": "00ff01",
            "PayloadFormatIndicator": 1,
        }, got


def topic_aliases_both_ways():
    receiver, sender = Client("receiver", TopicAliasMaximum=1), Client("sender")
    assert sender.connack.TopicAliasMaximum >= 2
    receiver.subscribe("alias/#", 1)
    sender.publish("alias/one", b"1", 1, TopicAlias=1)
    sender.publish("", b"2", 1, TopicAlias=1)
    sender.publish("alias/two", b"3", 1, TopicAlias=1)
    sender.publish("", b"4", 1, TopicAlias=1)
    # paho does not resolve aliases: it shows what was on the wire.
    got = [receiver.receive() for _ in range(4)]
    seen = [(message.topic, message.payload, getattr(message.properties, "TopicAlias", None)) for message in got]
    assert seen == [("alias/one", b"1", 1), ("", b"2", 1), ("alias/two", b"3", None), ("alias/two", b"4", None)], seen


def subscription_identifiers_and_options():
    client, other = Client("client"), Client("other")
    client.subscribe("both/#", SubscriptionIdentifier=7, options=SubscribeOptions(qos=1, noLocal=True))
    client.subscribe("both/here", SubscriptionIdentifier=9, options=SubscribeOptions(qos=1, retainAsPublished=True))
    other.publish("both/there", b"1", 1)
    assert client.receive().properties.SubscriptionIdentifier == [7]
    other.publish("both/here", b"2", 1, retain=True)
    identifiers = []
    while sorted(identifiers) != [7, 9]:
        message = client.receive()
        assert message.payload == b"2" and len(identifiers) < 2
        identifiers += message.properties.SubscriptionIdentifier
    client.publish("both/there", b"not for its publisher", 1)
    client.nothing_more()


def late_acknowledgements():
    receiver, sender = Client("late"), Client("sender")
    receiver.paho.manual_ack_set(True)
    for qos in (1, 2):
        receiver.subscribe(f"late/{qos}", qos)
        sender.publish(f"late/{qos}", b"x", qos)
    messages = [receiver.receive() for _ in range(2)]
    time.sleep(0.4)
    for message in messages:
        receiver.paho.ack(message.mid, message.qos)
    receiver.nothing_more()


def limits_are_announced_and_kept():
    client = Client("", keep=True, ReceiveMaximum=2)
    assigned = client.connack.AssignedClientIdentifier
    assert assigned and client.connack.ReceiveMaximum >= 1 and client.connack.MaximumPacketSize > 0
    client.disconnect()
    assert Client(assigned, keep=True).flags.session_present


SECRET = b"a secret that is long enough for HS256"


def token(**claims):
    """A JSON Web Token, signed with the secret above (RFC 7515 appendix A.1)."""
    def encoded(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    signed = b".".join(encoded(json.dumps(part).encode()) for part in parts)
    return (signed + b"." + encoded(hmac.digest(SECRET, signed, "sha256"))).decode()


def has_to_go(client):
    """It is told so where there is a word for it, and closed."""
    code = client.disconnected.get(timeout=TIMEOUT_SECS)
    if IS_V5:
        assert code == "Not authorized", f"DISCONNECT {code}"


def a_token_that_expires_ends_the_connection():
    login = ("ann", token(sub="ann", exp=int(time.time()) + 2))
    going, staying = Client("going", login=login), Client("staying", login=("ann", token(sub="ann")))
    going.publish("still/there", b"x", 1)
    has_to_go(going)
    staying.publish("still/there", b"x", 1)
    Client("again", login=login, expected="Bad user name or password")


def a_service_says_when_a_client_has_to_go():
    going, staying = Client("going", login=("soon", "right")), Client("staying", login=("late", "right"))
    going.publish("still/there", b"x", 1)
    has_to_go(going)
    staying.publish("still/there", b"x", 1)


def is_banned_and_then_let_in():
    """Comes again and again until it is not refused any more."""
    refused, deadline = "Banned" if IS_V5 else "Not authorized", time.monotonic() + TIMEOUT_SECS
    codes = [Client("for-a-while", expected=None).code]
    while codes[-1] != 0:
        assert codes[-1] == refused and time.monotonic() < deadline, codes
        codes.append(Client("for-a-while", expected=None).code)
    assert len(codes) > 1, "it was never banned"


def names_bring_nothing_into_topics():
    """Each may use `by-id/NAME/…` and `by-user/NAME/…` with its own names, which stand for nothing else."""
    plain = Client("plain", login=("plain", None))
    for kind in ("by-id", "by-user"):
        plain.subscribe(f"{kind}/plain/#", 1)
    for name in ("+", "#", "a/b", "plain/#", "+/+", "pl+in"):
        client = Client(name, login=(name, None))
        for kind in ("by-id", "by-user"):
            for topic in (f"{kind}/#", f"{kind}/plain/#", f"{kind}/plain/x", f"{kind}/+/x", f"{kind}/a/b/x"):
                client.paho.subscribe(topic, 1)
                codes = [code.value for code in client.subscribed.get(timeout=TIMEOUT_SECS)]
                assert codes == [0x87 if IS_V5 else 0x80], f"{name} gets {topic}: {codes}"
            client.paho.publish(f"{kind}/plain/x", b"forged", 1)
            code = client.published.get(timeout=TIMEOUT_SECS)
            assert not IS_V5 or code == "Not authorized", f"{name} publishes: {code}"
    for kind in ("by-id", "by-user"):
        plain.publish(f"{kind}/plain/x", b"own", 1)
        assert plain.receive().payload == b"own"


globals()[sys.argv[3]]()
