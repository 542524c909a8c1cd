"""Initial packets of QUIC, sealed (RFC 9001, 5), for text cases that write captures of it."""
import ctypes
import ctypes.util
import hashlib
import hmac
import struct

SALT_1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
SALT_2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
SALT_DRAFT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")
SALT_DRAFT_22 = bytes.fromhex("7fbcdb0e7c66bbe9193a96cd21519ebd7a02644a")
SALT_T051 = bytes.fromhex("7a4edef4e7ccee5fa4506c19124fc8ccda6e033d")
VERSION_2 = 0x6b3343cf
TAG_LEN = 16
EVP_CTRL_AEAD_GET_TAG = 16

crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for function in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm", "EVP_aes_128_ecb"):
    getattr(crypto, function).restype = ctypes.c_void_p


def encrypt(kind, key, iv, header, plain, tag_len):
    """AES-128 in a mode, and the tag."""
    context, done = ctypes.c_void_p(crypto.EVP_CIPHER_CTX_new()), ctypes.c_int()
    out, end = ctypes.create_string_buffer(len(plain) + TAG_LEN), ctypes.create_string_buffer(TAG_LEN)
    crypto.EVP_EncryptInit_ex(context, ctypes.c_void_p(getattr(crypto, "EVP_aes_128_" + kind)()), None, key, iv)
    if header:
        crypto.EVP_EncryptUpdate(context, None, ctypes.byref(done), header, len(header))
    crypto.EVP_EncryptUpdate(context, out, ctypes.byref(done), plain, len(plain))
    crypto.EVP_EncryptFinal_ex(context, end, ctypes.byref(done))
    if tag_len:
        crypto.EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_len, end)
    crypto.EVP_CIPHER_CTX_free(context)
    return out.raw[:len(plain)] + end.raw[:tag_len]


def mac(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def expand(secret, name, size):
    """HKDF-Expand-Label (RFC 8446, 7.1)."""
    return mac(secret, struct.pack("!HB", size, 6 + len(name)) + b"tls13 " + name + b"\0\1")[:size]


def initial(identity, frames, from_server=False, version=1, salt=SALT_1, fixed=True):
    """An Initial packet of the connection that the client began towards the connection id `identity`."""
    secret = expand(mac(salt, identity), b"server in" if from_server else b"client in", 32)
    name, bits = (b"quicv2 ", 0x10) if version == VERSION_2 else (b"quic ", 0)  # RFC 9369, 3.2 and 3.3
    header = struct.pack("!BI", bits | (0xc3 if fixed else 0x83), version)
    header += b"\0" + bytes([len(identity)]) + identity if from_server else bytes([len(identity)]) + identity + b"\0"
    header += b"\0" + struct.pack("!HI", 0x4000 | 4 + len(frames) + TAG_LEN, 0)
    sealed = encrypt("gcm", expand(secret, name + b"key", 16), expand(secret, name + b"iv", 12), header, frames, TAG_LEN)
    mask = encrypt("ecb", expand(secret, name + b"hp", 16), None, None, sealed[:16], 0)
    number = bytes(a ^ b for a, b in zip(header[-4:], mask[1:5]))
    return bytes([header[0] ^ mask[0] & 15]) + header[1:-4] + number + sealed
