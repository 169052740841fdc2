"""Ed25519 keys in PEM files, and signatures made and verified with them."""

from __future__ import annotations

import os
from contextlib import suppress

from integrad.errors import IntegradError
from integrad.files import read_bounded

SIGNATURE_BYTES = 64
MOST_BYTES = 2**16
"""Of a key file."""


def new_key() -> tuple[bytes, bytes]:
    """A new key as two PEM files, private and public. Raises IntegradError if cryptography is missing."""
    _, serialization, ed25519 = _library()
    key = ed25519.Ed25519PrivateKey.generate()
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(encoding, form, serialization.NoEncryption())
    public = key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private, public


def public_bytes(public_pem: bytes, name: str) -> bytes:
    """The 32 bytes of a public key. name: of its file. Raises IntegradError if it is not one."""
    return _public_key(public_pem, name).public_bytes_raw()


def sign(message: bytes, key_path: str) -> bytes:
    """The signature of a message with the private key in a file, SIGNATURE_BYTES long. Raises IntegradError
    if there is no such key in it."""
    return _private_key(read_bounded(key_path, MOST_BYTES, "a key"), key_path).sign(message)


def is_signed(message: bytes, signature: bytes, key_path: str) -> bool:
    """Whether a signature was made for this message with the private key that belongs to the public key in a
    file. Raises IntegradError if there is no such key in it."""
    exceptions, _, _ = _library()
    key = _public_key(read_bounded(key_path, MOST_BYTES, "a key"), key_path)
    try:
        key.verify(signature, message)
    except exceptions.InvalidSignature:
        return False
    return True


def write_private(path: str, data: bytes) -> None:
    """Write a new file that only its owner can read. Raises IntegradError if the file exists: it may be a key
    that is still needed."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise IntegradError(
            f"{path}: exists; choose another name, or remove it if it is no longer needed"
        ) from error
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            os.unlink(path)
        raise IntegradError(f"{path}: cannot be written: {error.strerror}") from error


def _private_key(pem: bytes, name: str):
    exceptions, serialization, ed25519 = _library()
    try:
        key = serialization.load_pem_private_key(pem, None)
    except TypeError as error:
        raise IntegradError(f"{name}: is protected by a password; sign with a key without one") from error
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise IntegradError(
            f"{name}: not a private key in a PEM file, as `update keygen` writes it"
        ) from error
    return _require(key, ed25519.Ed25519PrivateKey, name)


def _public_key(pem: bytes, name: str):
    exceptions, serialization, ed25519 = _library()
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, exceptions.UnsupportedAlgorithm) as error:
        raise IntegradError(
            f"{name}: not a public key in a PEM file, as `update keygen` writes it"
        ) from error
    return _require(key, ed25519.Ed25519PublicKey, name)


def _require(key, kind: type, name: str):
    if not isinstance(key, kind):
        raise IntegradError(f"{name}: is a key of another kind; updates are signed with Ed25519")
    return key


def _library():
    try:
        from cryptography import exceptions
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise IntegradError("signing requires cryptography: pip install 'integrad[sign]'") from error
    return exceptions, serialization, ed25519
