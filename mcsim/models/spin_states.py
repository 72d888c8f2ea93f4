"""What the dynamics of spins share: random initial spins, and observables, both in words of 32 spins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcsim.kernels.philox import fill_words
from mcsim.kernels.spin_words import first_words, measure_overlaps, pack_layer, unpack_layer
from mcsim.models.base import SlotBlock, pairs_of
from mcsim.seeds import Purpose

_HALF_OF_ALL_WORDS = np.uint32(2**31)


class SpinLayout:
    """Where the words of each layer are, see `mcsim.kernels.spin_words`, and how many copies share a slot.

    Attributes
    ----------
    widths : int64 (layers,)
    first_word : int64 (layers + 1,)
    """

    def __init__(self, widths: tuple[int, ...], copies: int) -> None:
        self.widths = np.array(widths, dtype=np.int64)
        self.first_word = first_words(self.widths)
        self._copies = copies

    def draw(self, block: SlotBlock) -> NDArray[np.uint32]:
        """Return spins up or down with equal probability, uint32 (words, columns)."""
        n_spins = int(self.widths.sum())
        up = np.empty((n_spins, block.columns), dtype=np.bool_)
        random = np.empty(-(-n_spins // 4) * 4, dtype=np.uint32)
        zero = np.uint32(0)
        for column, key in enumerate(block.keys(Purpose.INITIAL_STATE)):
            fill_words(random, key, zero, zero, zero)
            up[:, column] = random[:n_spins] >= _HALF_OF_ALL_WORDS
        return self.pack(np.split(up, np.cumsum(self.widths)[:-1]))

    def pack(self, layers: list[NDArray[Any]]) -> NDArray[np.uint32]:
        """Return layers of spins, each (N_k, columns), as words (words, columns)."""
        return np.concatenate([pack_layer(layer) for layer in layers])

    def unpack(self, words: NDArray[np.uint32]) -> list[NDArray[np.int8]]:
        """Return the spins +-1 of each layer, int8 (N_k, columns), from words (words, columns)."""
        return [
            unpack_layer(words[start:stop], int(width))
            for start, stop, width in zip(self.first_word[:-1], self.first_word[1:], self.widths, strict=True)
        ]

    def observe(self, words: NDArray[np.uint32], columns: int) -> Mapping[str, NDArray[Any]]:
        """Return overlaps per layer and in total, and magnetisations per layer, of the first columns."""
        slots, copies, layers = columns // self._copies, self._copies, self.widths.size
        overlap = np.empty((slots, pairs_of(copies), layers))
        total = np.empty((slots, pairs_of(copies)))
        magnetization = np.empty((slots, copies, layers))
        measure_overlaps(words, self.widths, self.first_word, copies, overlap, total, magnetization)
        return {"overlap": overlap, "overlap_total": total, "magnetization": magnetization}
