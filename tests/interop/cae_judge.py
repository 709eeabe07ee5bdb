"""A second reader of spec/cae-1.md, in another language on another library: opens what spec/vectors accepts and refuses the rest, at the step that
the vectors name. Prints {"judged": n, "wrong": [...]} as JSON. Usage: cae_judge.py <folder of vectors>"""

import hashlib
import hmac
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEGMENT = 262_144
SEALED_SEGMENT = SEGMENT + 16
CHUNK = 4_194_304
MAGIC = {"A": bytes.fromhex("52504101"), "B": bytes.fromhex("52504201")}


class Refused(Exception):
    """Carries the step that refuses."""


def refuse_unless(condition, step):
    if not condition:
        raise Refused(step)


def hkdf(key, salt, info, length):
    return HKDF(algorithm=SHA256(), length=length, salt=salt or None, info=info).derive(key)


def derive(mode, label, key, salt, context):
    info = label.encode() + b"\0" + MAGIC[mode] + len(context).to_bytes(4, "big") + context
    okm = hkdf(key, salt, info, 64)
    return okm[:32], okm[32:], info


def nonce(index, final):
    return bytes(7) + index.to_bytes(4, "big") + bytes([final])


def sealed_length(plain):
    return 36 + plain + 16 * -(-plain // SEGMENT)


def plain_length(sealed):
    segments = -(-(sealed - 36) // SEALED_SEGMENT)
    plain = sealed - 36 - 16 * segments
    return plain if 1 <= plain <= CHUNK and sealed_length(plain) == sealed else None


def padme(length):
    if length < 2:
        return length
    exponent = length.bit_length() - 1
    step = 1 << max(0, exponent - exponent.bit_length())
    return -(-length // step) * step


def seal_a(label, key, plain):
    ek, commitment, info = derive("A", label, key, b"", b"")
    parts = [plain[i : i + SEGMENT] for i in range(0, len(plain), SEGMENT)]
    aead = AESGCM(ek)
    return MAGIC["A"] + commitment + b"".join(
        aead.encrypt(nonce(i, i == len(parts) - 1), part, info) for i, part in enumerate(parts)
    )


def open_segments(ek, info, sealed, first, final):
    aead = AESGCM(ek)
    parts = [sealed[i : i + SEALED_SEGMENT] for i in range(0, len(sealed), SEALED_SEGMENT)]
    try:
        return b"".join(
            aead.decrypt(nonce(first + i, final and i == len(parts) - 1), part, info) for i, part in enumerate(parts)
        )
    except (InvalidTag, ValueError):
        raise Refused("segment") from None


def open_a(label, key, object_id, length, data):
    refuse_unless(len(data) == length and plain_length(length) is not None, "length")
    refuse_unless(hashlib.sha256(data).digest() == object_id, "hash")
    refuse_unless(data[:4] == MAGIC["A"], "magic")
    ek, commitment, info = derive("A", label, key, b"", b"")
    refuse_unless(hmac.compare_digest(commitment, data[4:36]), "commitment")
    return open_segments(ek, info, data[36:], 0, True)


def open_b(label, key, context, data):
    refuse_unless(1 <= len(data) - 84 <= SEGMENT, "length")
    refuse_unless(data[:4] == MAGIC["B"], "magic")
    ek, commitment, info = derive("B", label, key, data[4:36], context)
    refuse_unless(hmac.compare_digest(commitment, data[36:68]), "commitment")
    try:
        padded = AESGCM(ek).decrypt(nonce(0, True), data[68:], info)
    except InvalidTag:
        raise Refused("segment") from None
    message = padded.rstrip(b"\0")
    refuse_unless(message.endswith(b"\x80"), "padding")
    return message[:-1]


def open_range(label, key, length, first, count, part):
    plain = plain_length(length)
    segments = -(-plain // SEGMENT) if plain else 0
    refuse_unless(first >= 0 and count >= 1 and first + count <= segments, "range")
    start = 36 + first * SEALED_SEGMENT
    end = min(length, start + count * SEALED_SEGMENT)
    refuse_unless(len(part) == end - start, "range")
    ek, _, info = derive("A", label, key, b"", b"")
    return open_segments(ek, info, part, first, first + count == segments)


def content(value):
    if "mod251" in value:
        return bytes(j % 251 for j in range(value["mod251"]))
    return bytes(value["zeros"]) if "zeros" in value else bytes.fromhex(value["hex"])


def edited(data, edits):
    for edit in edits:
        if "cut" in edit:
            data = data[: edit["cut"]]
        elif "append" in edit:
            data = data + bytes.fromhex(edit["append"])
        elif "appendZeros" in edit:
            data = data + bytes(edit["appendZeros"])
        elif "splice" in edit:
            data = b"".join(data[start:end] for start, end in edit["splice"])
        elif "flip" in edit:
            at = edit["flip"]
            data = data[:at] + bytes([data[at] ^ edit["mask"]]) + data[at + 1 :]
        else:
            put = bytes.fromhex(edit["put"])
            data = data[: edit["at"]] + put + data[edit["at"] + len(put) :]
    return data


def fields(case, *names):
    return [bytes.fromhex(case[name]) for name in names]


def judge_cae_a(case, cases):
    base = cases[case["of"]] if "of" in case else case
    (base_key,) = fields(base, "key")
    plain = content(base["plain"])
    sealed = seal_a(base["label"], base_key, plain)
    if base is case:
        assert hashlib.sha256(sealed).hexdigest() == case["id"], "another id"
        assert case.get("object", sealed.hex()) == sealed.hex(), "another object"
    data = edited(sealed, case.get("edits", []))
    object_id = hashlib.sha256(data if case.get("rehash") else sealed).digest()
    (key,) = fields(case, "key")
    assert open_a(case["label"], key, object_id, case["sealedLength"], data) == plain, "another plaintext"


def judge_cae_b(case, _):
    key, context = fields(case, "key", "context")
    if case["verdict"] == "refused":
        open_b(case["label"], key, context, bytes.fromhex(case["sealed"]))
        return
    message = content(case["message"])
    (salt,) = fields(case, "salt")
    ek, commitment, info = derive("B", case["label"], key, salt, context)
    padded = (message + b"\x80").ljust(case["paddedLength"], b"\0")
    sealed = MAGIC["B"] + salt + commitment + AESGCM(ek).encrypt(nonce(0, True), padded, info)
    assert hashlib.sha256(sealed).hexdigest() == case["sealedHash"], "other sealed bytes"
    assert open_b(case["label"], key, context, sealed) == message, "another message"


def judge_cae_range(case, cases):
    base = cases[case["of"]] if "of" in case else case
    (base_key,) = fields(base, "key")
    sealed = seal_a(base["label"], base_key, content(base["plain"]))
    start, end = case["bytes"]
    part = edited(sealed[start:end], case.get("edits", []))
    (key,) = fields(case, "key")
    opened = open_range(case["label"], key, case["sealedLength"], *case["segments"], part)
    assert hashlib.sha256(opened).hexdigest() == case["plainHash"], "another plaintext"


def judge_salamander(case, _):
    segment, info, key, sealed, context = fields(case, "segment", "info", "key", "sealed", "context")
    for side in "12":
        ek, plain = fields(case, f"encryptionKey{side}", f"plain{side}")
        assert AESGCM(ek).decrypt(nonce(0, True), segment, info) == plain, "the fixture opens under one key only"
    if case["mode"] == "A":
        open_a(case["label"], key, hashlib.sha256(sealed).digest(), len(sealed), sealed)
    else:
        open_b(case["label"], key, context, sealed)


def judge_kdf(case, _):
    key, context = fields(case, "key", "context")
    assert hkdf(key, b"", case["label"].encode() + b"\0" + context, case["length"]).hex() == case["output"], "another key"


def judge_padme(case, _):
    assert padme(case["length"]) == case["padded"], "another length"


def allowed(plain):
    return plain is not None and plain >= 1_024 and (plain % 131_072 == 0 or padme(plain) == plain)


def judge_sizes(case, _):
    if "allowed" in case:
        assert [s for s in range(sealed_length(CHUNK) + 2) if allowed(plain_length(s))] == case["allowed"], "other lengths"
        return
    plain = plain_length(case["sealedLength"])
    refuse_unless(plain is not None, "length")
    assert plain == case["plainLength"], "another length"
    refuse_unless(allowed(plain), "allowed")


JUDGES = {
    "cae-a": judge_cae_a,
    "cae-b": judge_cae_b,
    "cae-range": judge_cae_range,
    "salamander": judge_salamander,
    "kdf": judge_kdf,
    "padme": judge_padme,
    "sizes": judge_sizes,
}


def verdict(judge, case, cases):
    try:
        judge(case, cases)
        return "accepted"
    except Refused as refused:
        return f"refused: {refused}"
    except AssertionError as error:
        return f"wrong: {error}"


def main(folder):
    judged, wrong = 0, []
    for name, judge in JUDGES.items():
        cases = json.loads((Path(folder) / f"{name}.json").read_text())["cases"]
        by_name = {case["name"]: case for case in cases}
        for case in cases:
            judged += 1
            expected = "accepted" if case["verdict"] == "accepted" else f"refused: {case['step']}"
            got = verdict(judge, case, by_name)
            if got != expected:
                wrong.append({"file": name, "name": case["name"], "expected": expected, "got": got})
    print(json.dumps({"judged": judged, "wrong": wrong}))


main(sys.argv[1])
