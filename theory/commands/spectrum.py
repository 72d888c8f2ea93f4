"""Command ``spectrum``: the eigenvalues of a network's bond matrix against those of random couplings."""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict, dataclass
from pathlib import Path

from theory.arrays import FloatArray
from theory.commands import readers, stored_network
from theory.commands.command import Command, add_json_option, as_json, null_if_nan
from theory.spectrum.dyson import RandomSpectrum, planted_eigenvalue
from theory.spectrum.observed import (
    Outliers,
    eigenvalues,
    kolmogorov_distance,
    outliers,
    spectral_distance,
)
from theory.spectrum.tail import TailFit, fit_tail
from theory.weights import StoredNetwork, read_network, stored_epochs

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
    parser.add_argument(
        "--planted",
        type=readers.positive,
        metavar="THETA",
        help="also say where theta a b^T, a and b unit vectors, added to one weight matrix would put an eigenvalue",
    )
    parser.add_argument("--png", type=Path, metavar="FILE", help="write a picture (one epoch only)")
    add_json_option(parser, "print JSON: an object, or a list for several epochs")


@dataclass(frozen=True)
class _Comparison:
    """One network beside random couplings.

    Attributes
    ----------
    network : StoredNetwork
    spectrum : RandomSpectrum
    values : float64 array, shape (N,)
        Eigenvalues, rising.
    beyond : Outliers
    tail : TailFit or None
        None with too few positive eigenvalues.
    planted : tuple of float or None
        For each bond layer, where the planted part asked for would put an eigenvalue.
    """

    network: StoredNetwork
    spectrum: RandomSpectrum
    values: FloatArray
    beyond: Outliers
    tail: TailFit | None
    planted: tuple[float | None, ...]


def _run(args: argparse.Namespace) -> None:
    """Compare every network asked for with its random counterpart and print the result."""
    stored = stored_network.networks(args)
    _check_picture(args.png, len(stored))
    first = read_network(args.weights, stored_epochs(args.weights)[0]) if args.reference == "first" else None
    shared = None if first is None else RandomSpectrum(first.bonds.variances())
    compared = [_compared(args, network, shared or RandomSpectrum(network.bonds.variances())) for network in stored]
    if args.png is not None:
        _draw(args.png, compared[0])
    if args.json:
        records = [_record(args, comparison) for comparison in compared]
        print(as_json(stored_network.one_or_list(args, records)))
    else:
        text = "\n\n".join(_summary(args, comparison) for comparison in compared)
        print(text + (f"\nwrote {args.png}" if args.png is not None else ""))


def _check_picture(path: Path | None, epochs: int) -> None:
    if path is not None and epochs > 1:
        raise ValueError(f"--png: got {epochs} epochs; give one --epoch for a picture")
    if path is not None and (not path.parent.is_dir() or path.suffix != ".png"):
        raise ValueError(f"--png: got '{path}'; give a name ending in .png in a directory that exists")


def _compared(args: argparse.Namespace, network: StoredNetwork, spectrum: RandomSpectrum) -> _Comparison:
    values = eigenvalues(network.bonds)
    positive = values[values > 1e-9 * spectrum.edge]
    enough = len(positive) >= _FEWEST_FOR_TAIL
    bond_layers = range(1, len(network.bonds.widths)) if args.planted else ()
    return _Comparison(
        network=network,
        spectrum=spectrum,
        values=values,
        beyond=outliers(values, spectrum),
        tail=fit_tail(positive, samples=args.tail_samples, seed=args.seed) if enough else None,
        planted=tuple(planted_eigenvalue(spectrum, args.planted, layer) for layer in bond_layers),
    )


def _draw(path: Path, compared: _Comparison) -> None:
    from theory.commands.spectrum_picture import draw  # matplotlib, which only this needs

    widths = ", ".join(map(str, compared.network.bonds.widths))
    title = f"Bond matrix [{widths}], epoch {compared.network.epoch:g}"
    try:
        draw(compared.values, compared.spectrum, compared.beyond, title, path)
    except OSError as error:
        raise ValueError(
            f"--png: cannot write '{path}' ({error.strerror}); give a place that can be written"
        ) from error


def _record(args: argparse.Namespace, compared: _Comparison) -> dict[str, object]:
    network, spectrum, tail = compared.network, compared.spectrum, compared.tail
    record = {
        "model": "spectrum",
        "epoch": network.epoch,
        "widths": list(network.bonds.widths),
        "reference": args.reference,
        "reference_variances": list(spectrum.couplings.variances),
        "edge": spectrum.edge,
        "allowance": compared.beyond.allowance,
        "largest": float(compared.values[-1]),
        "outliers": compared.beyond.count,
        "outlier_values": compared.beyond.values.tolist(),
        "zero_weight": spectrum.zero_weight,
        "wasserstein": spectral_distance(compared.values, spectrum),
        "kolmogorov": kolmogorov_distance(compared.values, spectrum),
        "tail": None if tail is None else {**asdict(tail), "p_value": null_if_nan(tail.p_value)},
    }
    planted = {"strength": args.planted, "eigenvalues": list(compared.planted)}
    return record | ({"planted": planted} if args.planted else {})


def _summary(args: argparse.Namespace, compared: _Comparison) -> str:
    network, spectrum, beyond = compared.network, compared.spectrum, compared.beyond
    shown = " ".join(f"{value:.5g}" for value in beyond.values[:8]) + (" ..." if beyond.count > 8 else "")
    distances = spectral_distance(compared.values, spectrum), kolmogorov_distance(compared.values, spectrum)
    lines = [
        f"Bond matrix, epoch {network.epoch:g}, {network.bonds.spins} spins: largest eigenvalue "
        f"{compared.values[-1]:.6g}",
        f"edge of random couplings {spectrum.edge:.8g}, + {beyond.allowance:.2g} for finite size (99 %)",
        f"eigenvalues beyond it    {beyond.count}" + (f": {shown}" if beyond.count else ""),
        f"distance from random     W_1 = {distances[0]:.4g}, Kolmogorov-Smirnov {distances[1]:.4g}",
        _tail_line(compared.tail),
    ]
    if args.planted:
        places = " ".join("inside" if value is None else f"{value:.5g}" for value in compared.planted)
        lines.append(f"planted {args.planted:<16.6g} eigenvalue at {places} (one matrix after another)")
    return "\n".join(lines)


def _tail_line(tail: TailFit | None) -> str:
    if tail is None:
        return "tail                     too few eigenvalues"
    test = "" if math.isnan(tail.p_value) else f", p = {tail.p_value:.2g}"
    verdict = " (a power law is ruled out)" if tail.p_value < 0.1 else ""
    return (
        f"tail                     exponent {tail.exponent:.4g} +- {tail.error:.2g} from {tail.smallest:.4g} to "
        f"{tail.largest:.4g} ({tail.points} eigenvalues{test}){verdict}"
    )


COMMAND = Command(
    description="Set the eigenvalues of one network's bond matrix against the density of random couplings.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
