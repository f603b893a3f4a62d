"""When a certificate ends, read from its file without trusting it: X.509 in DER, RFC 5280 section 4.1."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import UTC, datetime

BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
SEQUENCE, INTEGER, VERSION, UTC_TIME, LONG_TIME = 0x30, 0x02, 0xA0, 0x17, 0x18
FORMS = {UTC_TIME: "%y%m%d%H%M%SZ", LONG_TIME: "%Y%m%d%H%M%SZ"}
CENTURY = 1950
"""Years of two digits are from here on (RFC 5280, 4.1.2.5.1)."""


def ends_at(pem: bytes) -> datetime:
    """The end (notAfter) of the first certificate of a PEM text, in UTC; ValueError where there is none."""
    found = BLOCK.search(pem)
    if found is None:
        raise ValueError("there is no certificate in it")
    try:
        whole = base64.b64decode(b"".join(found.group(1).split()), validate=True)
    except binascii.Error as error:
        raise ValueError("the certificate is damaged") from error
    certificate, _ = _part(whole, SEQUENCE)
    body, _ = _part(certificate, SEQUENCE)
    if body[:1] == bytes([VERSION]):
        _, body = _part(body, VERSION)
    for tag in (INTEGER, SEQUENCE, SEQUENCE):
        _, body = _part(body, tag)
    validity, _ = _part(body, SEQUENCE)
    _, rest = _part(validity, validity[0] if validity else 0)
    return _moment(rest)


def _part(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The contents of the element that the data begin with, and what follows it."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError("the certificate is damaged")
    size, at = data[1], 2
    if size & 0x80:
        at += size & 0x7F
        size = int.from_bytes(data[2:at], "big")
    if len(data) < at + size:
        raise ValueError("the certificate is cut")
    return data[at : at + size], data[at + size :]


def _moment(data: bytes) -> datetime:
    """A moment of either form."""
    tag = data[0] if data else 0
    if tag not in FORMS:
        raise ValueError("the certificate is damaged")
    text, _ = _part(data, tag)
    at = datetime.strptime(text.decode("ascii", "replace"), FORMS[tag]).replace(tzinfo=UTC)
    if tag == UTC_TIME:
        # The clock library turns over at 1969, certificates at 1950.
        at = at.replace(year=CENTURY + (at.year - CENTURY) % 100)
    return at
