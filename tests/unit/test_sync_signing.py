"""Signed requests against an independent implementation of RFC 9421, and what must be refused."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.serialization import load_der_public_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from hypothesis import given
from hypothesis import strategies as st

from sync.keys import SoftwareKey, create_device_identity, verify_p256
from sync.signing import (
    COMPONENTS,
    SignatureRefused,
    SignatureValid,
    content_digest,
    normal_authority,
    normal_query,
    parse_signature,
    sign_request,
    verify_request,
)

IDENTITY = create_device_identity()
STRANGER = create_device_identity()
PARTS = {"method": "POST", "authority": "zerot.example:8443", "path": "/api/v1/facts", "query": "a=1&b=%20"}
BODY = b"\x28\xb5\x2f\xfd facts"
CREATED = 1_700_000_000


class OneKey(HTTPSignatureKeyResolver):
    def resolve_private_key(self, key_id: str) -> Any:
        key = IDENTITY.signing
        assert isinstance(key, SoftwareKey)
        return key.private

    def resolve_public_key(self, key_id: str) -> Any:
        return load_der_public_key(IDENTITY.public_der)


def signed(body: bytes = BODY, **changes: str) -> dict[str, str]:
    parts = {**PARTS, **changes}
    return sign_request(IDENTITY.sign, "BC-017", body=body, created_seconds=CREATED, nonce="n-1", **parts)


def check(headers: dict[str, str], body: bytes = BODY, **changes: str) -> SignatureValid | SignatureRefused:
    found = parse_signature(headers)
    if isinstance(found, SignatureRefused):
        return found
    parts = {**PARTS, **changes}
    return verify_request(found, lambda m, raw: verify_p256(IDENTITY.public_der, m, raw), body=body, **parts)


def prepared(query: str, headers: dict[str, str], path: str = "/api/v1/facts") -> requests.PreparedRequest:
    url = f"https://zerot.example:8443{path}{'?' if query else ''}{query}"
    return requests.Request("POST", url, headers=headers, data=BODY).prepare()


@pytest.mark.parametrize("query", ["", "cursor=1.42", "a=1&b=%20"])
def test_an_independent_verifier_accepts_what_we_sign(query: str) -> None:
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=OneKey())
    results = verifier.verify(
        prepared(query, signed(query=query)),
        expect_tag="zerot-device-1",
        max_age=None,
        require_components=COMPONENTS,
        body=BODY,
    )
    assert [(r.parameters["keyid"], r.parameters["created"], r.body) for r in results] == [("BC-017", CREATED, BODY)]


def test_the_independent_verifier_refuses_another_path() -> None:
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=OneKey())
    with pytest.raises(InvalidSignature):
        verifier.verify(prepared("a=1&b=%20", signed(), "/api/v1/profile"), expect_tag="zerot-device-1", max_age=None)


@pytest.mark.parametrize("order", [COMPONENTS, tuple(reversed(COMPONENTS))])
@pytest.mark.parametrize("query", ["", "cursor=1.42"])
def test_we_accept_what_an_independent_signer_signs(order: tuple[str, ...], query: str) -> None:
    request = prepared(query, {"Content-Digest": content_digest(BODY)})
    HTTPMessageSigner(signature_algorithm=algorithms.ECDSA_P256_SHA256, key_resolver=OneKey()).sign(
        request,
        key_id="BC-017",
        created=datetime.fromtimestamp(CREATED, tz=UTC),
        nonce="n-2",
        label="zerot",
        tag="zerot-device-1",
        covered_component_ids=order,
        body=BODY,
        use_existing_digest=True,
    )
    assert check(dict(request.headers), query=query) == SignatureValid("BC-017", CREATED, "n-2")


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "GET"},
        {"authority": "zerot.example"},
        {"authority": "evil.example:8443"},
        {"path": "/api/v1/fact"},
        {"query": ""},
        {"query": "b=%20&a=1"},
        {"path": "/api/v1/fácts"},
    ],
)
def test_a_changed_request_does_not_verify(changes: dict[str, str]) -> None:
    assert isinstance(check(signed()), SignatureValid)
    assert isinstance(check(signed(), **changes), SignatureRefused)


def test_a_changed_body_does_not_verify_with_the_old_or_a_new_digest() -> None:
    headers = signed()
    assert isinstance(check(headers, body=BODY + b"!"), SignatureRefused)
    headers["Content-Digest"] = content_digest(BODY + b"!")
    assert isinstance(check(headers, body=BODY + b"!"), SignatureRefused)


def test_another_key_does_not_verify() -> None:
    found = parse_signature(signed())
    assert not isinstance(found, SignatureRefused)
    result = verify_request(found, lambda m, raw: verify_p256(STRANGER.public_der, m, raw), body=BODY, **PARTS)
    assert isinstance(result, SignatureRefused)


@pytest.mark.parametrize(
    ("header", "old", "new"),
    [
        ("Signature-Input", "zerot-device-1", "other"),
        ("Signature-Input", "ecdsa-p256-sha256", "hmac-sha256"),
        ("Signature-Input", '"@query" ', ""),
        ("Signature-Input", '"@query"', '"@query" "@query"'),
        ("Signature-Input", '"@query"', '"@query";req'),
        ("Signature-Input", ";created=1700000000", ""),
        ("Signature-Input", "created=1700000000", "created=1700000001"),
        ("Signature-Input", "created=1700000000", "created=1700000000;created=1700000000"),
        ("Signature-Input", 'nonce="n-1"', 'nonce="n-2"'),
        ("Signature-Input", 'nonce="n-1"', 'nonce=""'),
        ("Signature-Input", 'nonce="n-1"', 'nonce="' + "n" * 129 + '"'),
        ("Signature-Input", 'keyid="BC-017"', 'keyid="BC-018"'),
        ("Signature-Input", "zerot=", "other="),
        ("Signature-Input", "zerot=", "zerot"),
        ("Signature", "zerot=:", "zerot=:AAAA"),
        ("Signature", "zerot=:", "zerot=:é"),
        ("Signature", "zerot=", "other="),
        ("Content-Digest", "sha-256", "sha-512"),
    ],
)
def test_altered_headers_are_refused(header: str, old: str, new: str) -> None:
    headers = signed()
    assert old in headers[header]
    headers[header] = headers[header].replace(old, new, 1)
    assert isinstance(check(headers), SignatureRefused)


@pytest.mark.parametrize("header", ["Signature-Input", "Signature", "Content-Digest"])
def test_a_missing_or_endless_header_is_refused(header: str) -> None:
    headers = signed()
    headers[header] += " " + "x" * 4000
    assert isinstance(parse_signature(headers), SignatureRefused)
    del headers[header]
    assert isinstance(parse_signature(headers), SignatureRefused)


def test_a_proxys_own_signature_beside_ours_is_ignored() -> None:
    headers = signed()
    headers["Signature-Input"] = 'proxy=("@method");created=1;keyid="p", ' + headers["Signature-Input"]
    headers["Signature"] += ", proxy=:AAAA:"
    assert isinstance(check(headers), SignatureValid)
    headers["Signature"] += ", zerot=:AAAA:"
    assert isinstance(check(headers), SignatureRefused)


@given(st.dictionaries(st.sampled_from(["Signature-Input", "Signature", "Content-Digest"]), st.text()))
def test_garbage_is_refused_not_raised(headers: dict[str, str]) -> None:
    assert isinstance(parse_signature(headers), SignatureRefused)


@given(st.text(alphabet='zerot=("@method);created1, :', max_size=120))
def test_near_misses_are_refused_not_raised(text: str) -> None:
    headers = {**signed(), "Signature-Input": text}
    assert isinstance(check(headers), SignatureRefused)


def test_normal_forms() -> None:
    assert normal_authority("Zerot.Example:443", "https") == "zerot.example"
    assert normal_authority("zerot.example:80", "https") == "zerot.example:80"
    assert normal_authority("127.0.0.1:8000", "http") == "127.0.0.1:8000"
    assert (normal_query(""), normal_query("?a"), normal_query("a")) == ("?", "?a", "?a")


def test_a_signer_refuses_what_it_cannot_express() -> None:
    with pytest.raises(ValueError, match="keyid"):
        sign_request(IDENTITY.sign, 'a"b', body=b"", created_seconds=1, nonce="n", **PARTS)
