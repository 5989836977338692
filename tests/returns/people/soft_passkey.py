"""A passkey in software, which does what a phone does, and also what none would do."""

import hashlib
import json
import struct
from secrets import token_bytes
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

ORIGIN, HOST = "https://testserver", "testserver"
PRESENT, VERIFIED, HAS_CREDENTIAL = 0x01, 0x04, 0x40


class SoftPasskey:
    """Makes one credential, and signs with it. ``verifies`` tells if it asks for a finger."""

    def __init__(self, *, verifies: bool = True, origin: str = ORIGIN) -> None:
        self.key, self.id = ec.generate_private_key(ec.SECP256R1()), token_bytes(16)
        self.verifies, self.origin, self.user = verifies, origin, ""

    def create(self, options: dict[str, Any]) -> str:
        """Return the answer to the options of a new passkey."""
        self.user = options["user"]["id"]
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        credential = bytes(16) + struct.pack(">H", len(self.id)) + self.id + public
        data = self._data(HAS_CREDENTIAL) + credential
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": websafe_encode(self._client("webauthn.create", options)),
            "attestationObject": websafe_encode(attestation),
        }
        return self._answer(response)

    def get(self, options: dict[str, Any]) -> str:
        """Return the answer to the options of signing in."""
        client, data = self._client("webauthn.get", options), self._data(0)
        signed = data + hashlib.sha256(client).digest()
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
            "userHandle": self.user,
        }
        return self._answer(response)

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(HOST.encode()).digest() + struct.pack(">BI", flags, 0)

    def _answer(self, response: dict[str, str]) -> str:
        credential = {"id": websafe_encode(self.id), "rawId": websafe_encode(self.id)}
        credential |= {"type": "public-key", "response": response, "clientExtensionResults": {}}
        return json.dumps(credential)
