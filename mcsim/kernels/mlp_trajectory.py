"""Trajectories of inputs, followed without the inputs: in coordinates where a gradient costs one product less.

All that a trajectory from x_0 with momentum p_0 reaches lies in the span of x_0, p_0 and the rows of the first layer:

    x = F a + u x_0 + v p_0,   dH/dx = F d,   d = dH/dz^1,   F = F^1 of shape (N_0, N_1).

So it is enough to follow z^1 = F^T x and its velocity, in which a force is the one product (F^T F) d with an N_1 x N_1
matrix instead of two with N_0 x N_1 ones, and the coefficients a, u, v, which cost nothing. F is applied once at the
start (to p_0) and once at the end (to a). |p|^2/2 + |x|^2/2 changes at kicks only, by sums over N_1.

On the sphere |x|^2 = N_0 p is tangent, rotations are along the geodesic and forces lose their component along x.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from mcsim.kernels.elementary import as_element
from mcsim.kernels.mlp_network import backward, backward_weights, dot, forward, forward_weights, layer_rows
from mcsim.kernels.mlp_splitting import kick_time, rotation_time
from mcsim.kernels.mlp_state import onto_sphere, project_out
from mcsim.kernels.products import multiply


class Trajectories(NamedTuple):
    """The trajectories of the columns of one tile; z itself is in the work space.

    velocity : (rows, N_1), dz^1/dt
    force : (rows, N_1), (F^T F) d
    gradient : (rows, N_0), dH/dx where no Gram matrix is kept; F a in the end
    along, momentum_along : (rows, N_1), a of x and of p
    ends, momentum_ends : float64 (rows, 2), (u, v) of x and of p
    gained : float64 (rows,), change of |p|^2/2 + |x|^2/2 since the start
    speed_squared : float64 (rows,), |p|^2; on the sphere only
    step : float64 (rows,), step of this trajectory
    steps : int64 (rows,), kicks of this trajectory
    """

    velocity: np.ndarray
    force: np.ndarray
    gradient: np.ndarray
    along: np.ndarray
    momentum_along: np.ndarray
    ends: np.ndarray
    momentum_ends: np.ndarray
    gained: np.ndarray
    speed_squared: np.ndarray
    step: np.ndarray
    steps: np.ndarray


@njit(cache=True, inline="always")
def _rotate(x, p, cosine, to_x, to_p):
    """Replace (x, p) by (cosine x + to_x p, cosine p - to_p x)."""
    for i in range(x.shape[0]):
        moved = cosine * x[i] + to_x * p[i]
        p[i] = cosine * p[i] - to_p * x[i]
        x[i] = moved


@njit(cache=True)
def rotate(inputs, sphere, kinked, work, paths, active, number):
    """Follow the prior's flow of N_0 = `inputs` inputs for rotation `number` of the first `active` rows."""
    for c in range(active):
        time, ratio = rotation_time(number, paths.steps[c], paths.step[c], kinked), 1.0
        if sphere:
            # A point at rest stays; the limit is that of an ever slower one.
            ratio = max(np.sqrt(max(0.0, paths.speed_squared[c]) / inputs), 1e-30)
        cosine, sine, z = np.cos(time * ratio), np.sin(time * ratio), work.z[c]
        _rotate(paths.ends[c], paths.momentum_ends[c], cosine, sine / ratio, sine * ratio)
        even, to_x, to_p = as_element(cosine, z), as_element(sine / ratio, z), as_element(sine * ratio, z)
        _rotate(z, paths.velocity[c], even, to_x, to_p)
        _rotate(paths.along[c], paths.momentum_along[c], even, to_x, to_p)


@njit(cache=True)
def set_forces(network, work, paths, rows, active):
    """Set d (in the slopes of layer 1) and `force` of the first `active` rows at the current z."""
    forward(network, work, rows, active)
    backward(network, work, rows, active)
    d, force = layer_rows(work.slopes, network, rows, 1, active), paths.force[:active]
    if network.gram.shape[0] > 0:
        multiply(d, network.gram, force, work.product)
    else:
        gradient = paths.gradient[:active]
        multiply(d, backward_weights(network, 1), gradient, work.product)
        multiply(gradient, forward_weights(network, 1), force, work.product)


@njit(cache=True, inline="always")
def _subtract(p, force, amount):
    for i in range(p.shape[0]):
        p[i] -= amount * force[i]


@njit(cache=True)
def kick(inputs, sphere, kinked, betas, forces, work, paths, number):
    """Subtract beta time dH/dx, on the sphere what is tangent to it, from p for kick `number`.

    forces : (rows, N_1), d of the rows that are kicked
    """
    for c in range(forces.shape[0]):
        d, z, velocity = forces[c], work.z[c], paths.velocity[c]
        amount = betas[c] * kick_time(number, paths.steps[c], paths.step[c], kinked)
        square = dot(d, paths.force[c])
        change = -amount * dot(d, velocity)
        if sphere:
            radial = dot(d, z) / inputs
            square -= radial * radial * inputs
            back = as_element(-amount * radial, z)
            _subtract(velocity, z, back)
            _subtract(paths.momentum_along[c], paths.along[c], back)
            _subtract(paths.momentum_ends[c], paths.ends[c], -amount * radial)
        _subtract(velocity, paths.force[c], as_element(amount, z))
        _subtract(paths.momentum_along[c], d, as_element(amount, z))
        change += 0.5 * amount * amount * square
        paths.gained[c] += change
        paths.speed_squared[c] += 2.0 * change


@njit(cache=True)
def begin(network, sphere, work, paths, x):
    """Start from the inputs x (rows, N_0), whose z is in the work space, with the momenta in `work.noise`."""
    rows = x.shape[0]
    for c in range(rows):
        if sphere:
            project_out(work.noise[c], x[c])
        paths.speed_squared[c] = dot(work.noise[c], work.noise[c])
        paths.gained[c] = 0.0
        paths.ends[c, 0], paths.ends[c, 1] = 1.0, 0.0
        paths.momentum_ends[c, 0], paths.momentum_ends[c, 1] = 0.0, 1.0
        for i in range(paths.along.shape[1]):
            paths.along[c, i] = 0.0
            paths.momentum_along[c, i] = 0.0
    multiply(work.noise[:rows], forward_weights(network, 1), paths.velocity[:rows], work.product)


@njit(cache=True)
def reach_inputs(network, sphere, work, paths, x):
    """Set the inputs in the work space to where the trajectories from x (rows, N_0) have arrived."""
    rows = x.shape[0]
    shift, inputs = paths.gradient[:rows], layer_rows(work.layers, network, rows, 0, rows)
    multiply(paths.along[:rows], backward_weights(network, 1), shift, work.product)
    for c in range(rows):
        u, v = as_element(paths.ends[c, 0], shift), as_element(paths.ends[c, 1], shift)
        for i in range(shift.shape[1]):
            inputs[c, i] = shift[c, i] + u * x[c, i] + v * work.noise[c, i]
        if sphere:
            factor = onto_sphere(inputs[c])
            for j in range(work.z.shape[1]):
                work.z[c, j] *= factor
