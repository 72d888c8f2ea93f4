"""Numerical methods that know nothing of networks: quadrature, accelerated iteration, many-sided MINRES, smoothing."""
