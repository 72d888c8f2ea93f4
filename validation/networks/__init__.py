"""Trained networks as spins: what their hidden order is, and Monte Carlo beside the TAP equations.

For one epoch of a file of weights, with its `critical = theory.tap.instability(bonds)`:

    sampled_epoch(path, epoch, critical, TemperingPlan(), overlaps_at=0.6)   # ladder from 0.3 to 1.6 T_c
    hidden_order(network, seen_images(dataset, kind))

The first walks the chains of `tempering_config` with `sample_spins` and reads off `melting`, `overlap_moments`,
`projection_moments`, `overlap_histograms` and `energy_points`; `figures` and `order_figures` draw both.
"""
