"""Predictions: replica-symmetric and RSB saddle points. Imports no sampler, so a comparison is independent.

A solution that takes milliseconds should not take seconds to start. Parts of SciPy that not every solution needs are
therefore written out where they are used, ``scipy.optimize.brentq(..)`` below ``import scipy``: SciPy imports them
then. Numba and matplotlib are imported inside functions where a model can do without.
"""
