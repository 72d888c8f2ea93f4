"""IDX, the format of MNIST's files: a magic number, the sizes as big-endian int32, then bytes.

    0  0  type  dimensions | size of each dimension | entries, last index fastest

Images are unsigned bytes of shape (count, rows, columns), labels unsigned bytes of shape (count,). A file may
be gzipped, whatever its name: what counts are its first bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_GZIP_MAGIC = b"\x1f\x8b"
_UNSIGNED_BYTE = 0x08


class DatasetError(ValueError):
    """A data set that cannot be used; its message is one line naming the file and the fault."""


@dataclass(frozen=True, eq=False)
class IdxFile:
    """What an IDX file holds.

    Attributes
    ----------
    values : uint8 array
        Of the shape that the header says; read-only.
    sha256 : str
        Fingerprint of the whole file after decompression, so that it does not depend on who gzipped it.
    """

    values: NDArray[np.uint8]
    sha256: str


def data_fault(path: Path, text: str) -> DatasetError:
    """Return the error that says `text` about the file, on one line."""
    return DatasetError(" ".join(f"{path}: {text}".splitlines()))


def read_idx(path: Path, dimensions: int) -> IdxFile:
    """Read an IDX file of unsigned bytes whose array has so many dimensions.

    Raises
    ------
    DatasetError
        Where the file cannot be read, is not IDX, holds another type or number of dimensions, or where its
        length is not what its header says.
    """
    content = _decompressed(path)
    if len(content) < 4 or content[:2] != b"\0\0":
        raise data_fault(path, f"is not an IDX file: it begins with {content[:4].hex(' ') or 'nothing'}, not 00 00")
    kind, found = content[2], content[3]
    if (kind, found) != (_UNSIGNED_BYTE, dimensions):
        wanted = (_UNSIGNED_BYTE << 8) + dimensions
        what = "images" if dimensions == 3 else "labels" if dimensions == 1 else f"{dimensions}-d bytes"
        raise data_fault(path, f"has magic number {(kind << 8) + found}; {what} have {wanted}")
    header = 4 + 4 * dimensions
    if len(content) < header:
        raise data_fault(path, f"ends after {len(content)} bytes, inside its header of {header}")
    shape = struct.unpack(f">{dimensions}I", content[4:header])
    promised = header + math.prod(shape)
    if len(content) != promised:
        raise data_fault(path, f"has {len(content)} bytes, but its header promises {promised} (shape {shape})")
    values = np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)
    return IdxFile(values, hashlib.sha256(content).hexdigest())


def _decompressed(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == _GZIP_MAGIC else content
    except OSError as error:  # gzip.BadGzipFile among them
        raise data_fault(path, f"cannot be read ({error.strerror or error})") from None
    except (EOFError, zlib.error) as error:
        raise data_fault(path, f"is damaged: it cannot be decompressed ({error})") from None
