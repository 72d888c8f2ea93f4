"""How T_c grows with training time: a power law, or something else that looks like one.

Networks that differ in their seeds give curves y_s(t) = log T_c, at the same stages t. Three laws are fitted to their
mean, all in log T_c, where errors are alike:

    power      T = a t^b               logarithm  T = a + b log t
    offset     T = T_0 + a t^b, written T = T_1 + c (t^b - 1)/b, which goes over into the logarithm as b -> 0

The noise that a misfit is measured against is what seeds do not share: their deviations from the mean curve, less a
line in log t of their own (a network that is hotter or grows faster all along says nothing about the shape). With S
seeds and n stages it has (S - 1)(n - 2) degrees of freedom, and chi^2 of the power law, divided by its own n - 2, is
distributed as F if the law is true: an exact test for independent Gaussian deviations. The exponent's error is that of
the seeds' own exponents, or that of the fit where it is larger.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import least_squares

from validation.numbers.arrays import FloatArray

FEWEST_STAGES = 5
# Relative accuracy of T_c itself: noise is never taken to be less.
_LEAST_NOISE = 1e-6


@dataclass(frozen=True)
class Law:
    """One law fitted to the mean of log T_c."""

    name: str  #: power, logarithm or offset
    parameters: tuple[float, ...]  #: (a, b) or, of the offset, (T_1, c, b)
    chi_squared: float
    #: chi^2 + 2 k + 2 k (k + 1)/(n - k - 1); infinite where n leaves no room. The least is the best.
    aicc: float
    largest_misfit: float  #: largest relative deviation of the mean curve from the law

    def temperature(self, epochs: FloatArray) -> FloatArray:
        """Return T_c of the law."""
        return _LAWS[self.name](epochs, *self.parameters)


@dataclass(frozen=True)
class Growth:
    """T_c(t) of one kind of network at one learning rate."""

    epochs: FloatArray  #: the stages fitted, (n,)
    mean: FloatArray  #: of log T_c over seeds, (n,)
    noise: float  #: standard error of its shape
    exponents: FloatArray  #: of each seed's own power law, (seeds,)
    exponent: float  #: b of the power law of the mean
    error: float
    degrees: int  #: behind the error: seeds - 1
    laws: dict[str, Law]  #: by name
    goodness: float  #: chance of so large a misfit of the power law if it is true

    @property
    def advantage(self) -> float:
        """Return AICc of the best other law less that of the power law; positive speaks for the power law."""
        return min(law.aicc for name, law in self.laws.items() if name != "power") - self.laws["power"].aicc

    @property
    def best(self) -> str:
        """Return the law of least AICc."""
        return min(self.laws.values(), key=lambda law: law.aicc).name

    @property
    def reduced(self) -> float:
        """Return chi^2 of the power law per degree of freedom."""
        return self.laws["power"].chi_squared / (self.epochs.size - 2)


def fit_growth(epochs: FloatArray, temperatures: FloatArray) -> Growth:
    """Fit the three laws to T_c (seeds, n) at rising epochs (n,), which are positive.

    Raises
    ------
    ValueError
        For fewer than five stages or two seeds, or numbers that are not positive.
    """
    seeds, n = temperatures.shape
    if n < FEWEST_STAGES or seeds < 2:
        raise ValueError(f"T_c(t): {n} stages of {seeds} seed(s); a fit needs {FEWEST_STAGES} stages of 2 seeds")
    if not (np.all(epochs > 0) and np.all(temperatures > 0)):
        raise ValueError("T_c(t): epochs and temperatures must be positive")
    x, y = np.log(epochs), np.log(temperatures)
    mean = y.mean(axis=0)
    noise = max(_shape_noise(x, y), _LEAST_NOISE)
    exponents = np.polyfit(x, y.T, 1)[0]
    spread = float(exponents.std(ddof=1)) / math.sqrt(seeds)
    of_fit = noise / float(np.sqrt(np.square(x - x.mean()).sum()))
    laws = {name: _fit(name, epochs, mean, noise) for name in _LAWS}
    freedom = n - 2
    return Growth(
        epochs=epochs,
        mean=mean,
        noise=noise,
        exponents=exponents,
        exponent=laws["power"].parameters[1],
        error=max(spread, of_fit),
        degrees=seeds - 1,
        laws=laws,
        goodness=float(stats.f.sf(laws["power"].chi_squared / freedom, freedom, (seeds - 1) * freedom)),
    )


def _shape_noise(x: FloatArray, y: FloatArray) -> float:
    """Return the standard error of the mean curve's shape from what the curves (seeds, n) do not share."""
    seeds, n = y.shape
    own = y - y.mean(axis=0)
    design = np.stack([np.ones(n), x], axis=1)
    line = np.linalg.lstsq(design, own.T, rcond=None)[0]
    rest = own.T - design @ line
    return float(np.sqrt(np.square(rest).sum() / ((seeds - 1) * (n - 2)) / seeds))


def _line(x: FloatArray, y: FloatArray) -> tuple[float, float]:
    """Return the intercept and the slope of the straight line through points."""
    slope, intercept = np.polyfit(x, y, 1)
    return intercept, slope


def _box_cox(t: FloatArray, b: float) -> FloatArray:
    """Return (t^b - 1)/b, log t for b = 0."""
    x = np.log(t)
    return np.asarray(x if abs(b) < 1e-9 else np.expm1(b * x) / b)


_LAWS: dict[str, Callable[..., FloatArray]] = {
    "power": lambda t, a, b: a * t**b,
    "logarithm": lambda t, a, b: a + b * np.log(t),
    "offset": lambda t, first, c, b: first + c * _box_cox(t, b),
}


def _start(name: str, epochs: FloatArray, mean: FloatArray) -> tuple[float, ...]:
    """Return where a fit begins: straight lines through log T, or through T against the law's function of time."""
    log_amplitude, slope = _line(np.log(epochs), mean)
    if name == "power":
        return math.exp(log_amplitude), slope
    if name == "logarithm":
        return _line(np.log(epochs), np.exp(mean))
    return (*_line(_box_cox(epochs, slope), np.exp(mean)), slope)


def _fit(name: str, epochs: FloatArray, mean: FloatArray, noise: float) -> Law:
    def residuals(parameters: FloatArray) -> FloatArray:
        return np.asarray((np.log(np.maximum(_LAWS[name](epochs, *parameters), 1e-9)) - mean) / noise)

    best = least_squares(residuals, _start(name, epochs, mean), x_scale="jac", max_nfev=300)
    n, k = epochs.size, best.x.size
    chi_squared = 2 * float(best.cost)
    correction = 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else math.inf
    return Law(
        name=name,
        parameters=tuple(best.x.tolist()),
        chi_squared=chi_squared,
        aicc=chi_squared + 2 * k + correction,
        largest_misfit=float(np.abs(np.expm1(residuals(best.x) * noise)).max()),
    )
