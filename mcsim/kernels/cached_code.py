"""Compiled code that Numba keeps on disk, forgotten when it is out of date.

Numba compiles a cached function anew when the file it stands in has changed, but not when another file has changed
whose functions are compiled into it: after an edit or a `git pull`, kernels would go on running the old code.
"""

import hashlib
import json
import os
import re
from pathlib import Path

import numba

_STAMPS = "sources.json"
_IMPORT = re.compile(r"^\s*from mcsim\.kernels\.(\w+) import", re.MULTILINE)


def forget_stale_code(sources: Path) -> None:
    """Delete what is compiled from files in the folder `sources` that have changed, or that import one that has."""
    stamps = _stamps({path.stem: path.read_text(encoding="utf-8") for path in sorted(sources.glob("*.py"))})
    folder = _cache_folder(sources)
    try:
        known = json.loads((folder / _STAMPS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if known == stamps:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, stamp in stamps.items():
            if known.get(name) != stamp:
                for compiled in folder.glob(f"{name}.*.nb[ic]"):
                    compiled.unlink(missing_ok=True)
        # Other ranks may be doing the same at this moment.
        temporary = folder / f"{_STAMPS}.{os.getpid()}"
        temporary.write_text(json.dumps(stamps), encoding="utf-8")
        os.replace(temporary, folder / _STAMPS)
    except OSError:
        pass  # Whoever installs into a folder that others cannot write to replaces all of its files.


def _stamps(texts: dict[str, str]) -> dict[str, str]:
    """Return a hash for every file of itself and all that it imports here, directly or not."""
    stamps = {}
    for name in texts:
        reached, ahead = set(), [name]
        while ahead:
            current = ahead.pop()
            if current in texts and current not in reached:
                reached.add(current)
                ahead += _IMPORT.findall(texts[current])
        together = "\0".join(texts[other] for other in sorted(reached))
        stamps[name] = hashlib.sha256(together.encode()).hexdigest()
    return stamps


def _cache_folder(sources: Path) -> Path:
    """Return where Numba keeps what it compiles from a folder of sources."""
    if not numba.config.CACHE_DIR:
        return sources / "__pycache__"
    return Path(numba.config.CACHE_DIR) / f"{sources.name}_{hashlib.sha1(str(sources).encode()).hexdigest()}"
