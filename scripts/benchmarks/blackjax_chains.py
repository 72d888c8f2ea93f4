"""BlackJAX's HMC on the inputs of an MLP, compiled whole, its step and length tuned for effective energies a second."""

from __future__ import annotations

import math
import os
import time
from functools import partial
from itertools import product
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import blackjax
import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from benchmarks.settings import Settings
from mcsim.estimators.blocking import blocking
from mcsim.networks.mlp_disorder import MlpDisorder

_ACTIVATIONS = {"tanh": jnp.tanh, "relu": jax.nn.relu}
# pi/2 draws the Gaussian prior independently; more leapfrogs than these only cost.
_TRAJECTORIES = (0.8, 1.1, 1.35, 1.6)
_LEAPFROGS = (1, 2, 3, 4, 5, 6, 8)
_PILOT_ROWS = 128
_CHUNK = 64


class BlackjaxChains:
    """Chains with the weight exp(-|x|^2/2 - beta H(x)), H = readout . phi(W x / sqrt(N)), in float32."""

    def __init__(self, disorder: MlpDisorder, activation: str, beta: float, columns: int) -> None:
        weights = [jnp.asarray(w / math.sqrt(w.shape[1]), dtype=jnp.float32) for w in disorder.weights]
        scale = math.sqrt(disorder.widths[0] / disorder.widths[-1])
        readout = jnp.asarray(scale * disorder.readout, dtype=jnp.float32)
        phi = _ACTIVATIONS[activation]

        def hamiltonian(x: Any) -> Any:
            layer = x
            for w in weights:
                layer = phi(w @ layer)
            return readout @ layer

        self._beta = beta
        self._hamiltonian = hamiltonian
        self._log_density = lambda x: -0.5 * (x @ x) - beta * hamiltonian(x)
        self._key = jax.random.key(1)
        self._inverse_mass = jnp.ones(disorder.widths[0], dtype=jnp.float32)
        inputs = jax.random.normal(self._next_key(), (columns, disorder.widths[0]), dtype=jnp.float32)
        self._states = jax.vmap(lambda x: blackjax.hmc.init(x, self._log_density))(inputs)
        self._chunk: Any = None
        self._step, self._leapfrogs = math.nan, 0

    @property
    def tuned_text(self) -> str:
        """What tuning chose."""
        return f"BlackJAX with {self._leapfrogs} leapfrogs of {self._step:.2f}"

    def hamiltonian(self, inputs: NDArray[Any]) -> NDArray[np.float64]:
        """Return H of inputs (columns, N)."""
        return np.asarray(jax.vmap(self._hamiltonian)(jnp.asarray(inputs, dtype=jnp.float32)), dtype=float)

    def tune(self, settings: Settings) -> None:
        """Try a grid of trajectories and keep the step and number of leapfrogs of most effective energies a second."""
        self._settle()
        best = 0.0
        for trajectory, leapfrogs in product(_TRAJECTORIES, _LEAPFROGS if settings.large else _LEAPFROGS[1:6:2]):
            step = trajectory / leapfrogs
            pilot = self._compiled(step, leapfrogs)
            self._draw(pilot, 1)
            begin = time.process_time()
            energies = self._draw(pilot, _PILOT_ROWS // _CHUNK)
            spent = time.process_time() - begin
            rate = energies.size / max(1.0, 2.0 * blocking(energies).tau) / spent
            # A chain that hardly moves has too short a pilot to show its tau.
            if energies.std() > 0 and self._acceptance > 0.3 and rate > best:
                best, self._step, self._leapfrogs, self._chunk = rate, step, leapfrogs, pilot

    def energies(self, trajectories: int) -> NDArray[np.float64]:
        """Return H after each of some trajectories (rounded up to whole chunks), shape (trajectories, columns)."""
        return self._draw(self._chunk, -(-trajectories // _CHUNK))

    def _settle(self) -> None:
        self._draw(self._compiled(0.1, 10), 4)

    def _draw(self, chunk: Any, chunks: int) -> NDArray[np.float64]:
        rows = []
        for _ in range(chunks):
            self._states, energies, acceptance = chunk(self._next_key(), self._states)
            rows.append(np.asarray(energies, dtype=float))
            self._acceptance = float(acceptance)
        return np.concatenate(rows)

    def _compiled(self, step: float, leapfrogs: int) -> Any:
        kernel = blackjax.hmc(
            self._log_density, step_size=step, inverse_mass_matrix=self._inverse_mass, num_integration_steps=leapfrogs
        )

        def trajectory(states: Any, key: Any) -> tuple[Any, tuple[Any, Any]]:
            keys = jax.random.split(key, len(states.logdensity))
            states, info = jax.vmap(kernel.step)(keys, states)
            squares = 0.5 * jnp.sum(states.position**2, axis=1)
            energies = -(states.logdensity + squares) / self._beta
            return states, (energies, info.acceptance_rate.mean())

        @partial(jax.jit, donate_argnums=1)
        def chunk(key: Any, states: Any) -> tuple[Any, Any, Any]:
            states, (energies, acceptance) = jax.lax.scan(trajectory, states, jax.random.split(key, _CHUNK))
            return states, energies, acceptance.mean()

        return chunk

    def _next_key(self) -> Any:
        self._key, key = jax.random.split(self._key)
        return key
