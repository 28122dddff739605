"""Makes keys and signs tokens with PyJWT: what it reads is a list of {"key", "alg", "claims", "headers"} in JSON; what it writes are
the keys and one token for each.

The key "public" is the text of the RSA public key, taken for a secret.
"""
import base64
import hashlib
import hmac
import json
import sys

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

SECRET = "a secret that is long enough even for an HMAC of sixty-four bytes of output"


def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


private = {
    "RSA": rsa_key(),
    "RSA-other": rsa_key(),
    "P-256": ec.generate_private_key(ec.SECP256R1()),
    "P-384": ec.generate_private_key(ec.SECP384R1()),
    "P-521": ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def pem(key):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form).decode()


def jwk(name, key):
    algorithm = {"R": RSAAlgorithm, "P": ECAlgorithm, "E": OKPAlgorithm}[name[0]]
    return {**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": name}


def with_public_key_as_secret(request):
    """By hand, as PyJWT refuses to make such a token."""
    encode = lambda data: base64.urlsafe_b64encode(data).rstrip(b"=")
    header = encode(json.dumps({"alg": request["alg"], "typ": "JWT"}).encode())
    signed = header + b"." + encode(json.dumps(request["claims"]).encode())
    return (signed + b"." + encode(hmac.new(pem(private["RSA"]).encode(), signed, hashlib.sha256).digest())).decode()


def sign(request):
    if request["key"] == "public":
        return with_public_key_as_secret(request)
    key = {"secret": SECRET, "none": None}.get(request["key"]) or private.get(request["key"])
    return jwt.encode(request["claims"], key, algorithm=request["alg"], headers=request.get("headers"))


bare = serialization.PublicFormat.PKCS1
json.dump(
    {
        "secret": SECRET,
        "pem": {name: pem(key) for name, key in private.items()},
        "bare_pem": private["RSA"].public_key().public_bytes(serialization.Encoding.PEM, bare).decode(),
        "jwk": {name: jwk(name, key) for name, key in private.items()},
        "tokens": [sign(request) for request in json.load(sys.stdin)],
    },
    sys.stdout,
)
