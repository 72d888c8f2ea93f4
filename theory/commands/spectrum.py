"""Command ``spectrum``: the eigenvalues of a network's bond matrix against those of random couplings."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from theory.commands import readers, stored_network
from theory.commands.command import Command, add_json_option, as_json, null_if_nan
from theory.spectrum.dyson import RandomSpectrum
from theory.spectrum.observed import (
    Outliers,
    eigenvalues,
    kolmogorov_distance,
    outliers,
    spectral_distance,
)
from theory.spectrum.tail import TailFit, fit_tail
from theory.weights import StoredNetwork, read_network, stored_epochs

Array = NDArray[np.float64]

_FEWEST_FOR_TAIL = 20
_EXAMPLE = """\
examples:
  %(prog)s weights.h5 --epoch 3 --json
  %(prog)s weights.h5 --epoch 3 --png spectrum.png

The random couplings compared with have the variances of the first stage stored (--reference first, the network before
training) or of the stage itself (--reference own). The spectrum is symmetric: outliers, edge and tail are those of the
positive half. Eigenvalues and distances are in units of the weights.
Exit codes: 0 done, 2 bad input, 3 not converged.
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    stored_network.add_network_options(parser)
    parser.add_argument("--reference", choices=["first", "own"], default="first", help="see below (default first)")
    parser.add_argument(
        "--tail-samples",
        type=readers.whole(0, 100_000, 200),
        default=200,
        metavar="N",
        help="synthetic samples behind the p-value of the tail, 0 for none (default 200)",
    )
    parser.add_argument("--seed", type=readers.whole(0, 2**53, 0), default=0, help="of those samples (default 0)")
    parser.add_argument("--png", type=Path, metavar="FILE", help="write a picture (one epoch only)")
    add_json_option(parser, "print JSON: an object, or a list for several epochs")


def _run(args: argparse.Namespace) -> None:
    """Compare every network asked for with its random counterpart and print the result."""
    stored = stored_network.networks(args)
    if args.png is not None and len(stored) > 1:
        raise ValueError(f"--png: got {len(stored)} epochs; give one --epoch for a picture")
    if args.png is not None and (not args.png.parent.is_dir() or args.png.suffix != ".png"):
        raise ValueError(f"--png: got '{args.png}'; give a name ending in .png in a directory that exists")
    first = read_network(args.weights, stored_epochs(args.weights)[0]) if args.reference == "first" else None
    shared = None if first is None else RandomSpectrum(first.bonds.variances())
    records, lines = [], []
    for network in stored:
        spectrum = shared or RandomSpectrum(network.bonds.variances())
        values = eigenvalues(network.bonds)
        beyond = outliers(values, spectrum)
        positive = values[values > 1e-9 * spectrum.edge]
        enough = len(positive) >= _FEWEST_FOR_TAIL
        tail = fit_tail(positive, samples=args.tail_samples, seed=args.seed) if enough else None
        distance = spectral_distance(values, spectrum), kolmogorov_distance(values, spectrum)
        records.append(_record(args.reference, network, spectrum, beyond, tail, distance, float(values[-1])))
        lines.append(_summary(network, spectrum, beyond, tail, distance, float(values[-1])))
        if args.png is not None:
            _draw(args.png, network, values, spectrum, beyond)
    if args.json:
        print(as_json(stored_network.one_or_list(args, records)))
    else:
        print("\n\n".join(lines) + (f"\nwrote {args.png}" if args.png is not None else ""))


def _draw(path: Path, network: StoredNetwork, values: Array, spectrum: RandomSpectrum, beyond: Outliers) -> None:
    from theory.commands.spectrum_picture import draw  # matplotlib, which only this needs

    widths = ", ".join(map(str, network.bonds.widths))
    try:
        draw(values, spectrum, beyond, f"Bond matrix [{widths}], epoch {network.epoch:g}", path)
    except OSError as error:
        raise ValueError(
            f"--png: cannot write '{path}' ({error.strerror}); give a place that can be written"
        ) from error


def _record(
    reference: str,
    network: StoredNetwork,
    spectrum: RandomSpectrum,
    beyond: Outliers,
    tail: TailFit | None,
    distance: tuple[float, float],
    largest: float,
) -> dict[str, object]:
    fit = None if tail is None else {**asdict(tail), "p_value": null_if_nan(tail.p_value)}
    return {
        "model": "spectrum",
        "epoch": network.epoch,
        "widths": list(network.bonds.widths),
        "reference": reference,
        "reference_variances": list(spectrum.couplings.variances),
        "edge": spectrum.edge,
        "allowance": beyond.allowance,
        "largest": largest,
        "outliers": beyond.count,
        "outlier_values": beyond.values.tolist(),
        "zero_weight": spectrum.zero_weight,
        "wasserstein": distance[0],
        "kolmogorov": distance[1],
        "tail": fit,
    }


def _summary(
    network: StoredNetwork,
    spectrum: RandomSpectrum,
    beyond: Outliers,
    tail: TailFit | None,
    distance: tuple[float, float],
    largest: float,
) -> str:
    shown = " ".join(f"{value:.5g}" for value in beyond.values[:8]) + (" ..." if beyond.count > 8 else "")
    lines = [
        f"Bond matrix, epoch {network.epoch:g}, {network.bonds.spins} spins: largest eigenvalue {largest:.6g}",
        f"edge of random couplings {spectrum.edge:.8g}, + {beyond.allowance:.2g} for finite size (99 %)",
        f"eigenvalues beyond it    {beyond.count}" + (f": {shown}" if beyond.count else ""),
        f"distance from random     W_1 = {distance[0]:.4g}, Kolmogorov-Smirnov {distance[1]:.4g}",
    ]
    if tail is None:
        lines.append("tail                     too few eigenvalues")
    else:
        test = "" if tail.p_value != tail.p_value else f", p = {tail.p_value:.2g}"
        verdict = " (a power law is ruled out)" if tail.p_value < 0.1 else ""
        lines.append(
            f"tail                     exponent {tail.exponent:.4g} +- {tail.error:.2g} from {tail.smallest:.4g} to "
            f"{tail.largest:.4g} ({tail.points} eigenvalues{test}){verdict}"
        )
    return "\n".join(lines)


COMMAND = Command(
    description="Set the eigenvalues of one network's bond matrix against the density of random couplings.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
