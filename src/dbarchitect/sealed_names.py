"""Functions that hash or encrypt, told by their names.

A name is no proof, but nobody calls a function `encrypt_token` that hands on what it was given; and a rule that says of
a secret that nothing encrypts it is wrong wherever something does.
"""

from __future__ import annotations

import re
from functools import lru_cache

_SEALS = re.compile(
    r"encrypt|cipher|seal|hash(?!_?tag)|digest|hmac|sha_?\d|bcrypt|argon2|pbkdf2|scrypt|make_password", re.IGNORECASE
)
_OPENS = re.compile(
    r"decrypt|decipher|unseal|unhash|verif|compare|check|match|valid|needs|(?:^|_)by_|By[A-Z]|^(?:is|has|find)(?![a-z])"
)
_LIBRARIES = re.compile(r"^(?:hashlib|hmac)\.")
_CALLED = re.compile(r"\b([A-Za-z_]\w{0,80})\(")


def opens(name: str) -> bool:
    """Whether a function undoes or looks at what another one sealed: `decrypt`, `verify`, `find_by_hash`."""
    return _OPENS.search(name) is not None


@lru_cache(maxsize=20_000)
def seals(name: str) -> bool:
    """Whether a function hashes or encrypts: `fernet.encrypt`, `crypto:createHash`, `hash_token`."""
    own = re.split(r"[.:]", name)[-1]
    return not opens(own) and (_SEALS.search(own) is not None or _LIBRARIES.match(name) is not None)


def calls_one(source: str) -> bool:
    """Whether the text of a function calls one that seals; its own name at the beginning is none."""
    return any(seals(called[1]) for called in _CALLED.finditer(source, source.find("(") + 1))
