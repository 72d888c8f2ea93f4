"""Monte Carlo sampling of neural-network Hamiltonians by parallel tempering."""

__version__ = "0.1.0"
