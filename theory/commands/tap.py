"""Command ``tap``: the TAP solutions of one network, or the temperature where its paramagnet loses stability."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from theory.commands import readers, stored_network
from theory.commands.command import Command, add_json_option, as_json
from theory.layered_sk import critical_temperature
from theory.result import NotConvergedError
from theory.tap.census import Census, Found, census
from theory.tap.critical import Instability, instability
from theory.tap.solver import DEFAULT_TOLERANCE, TapSolution
from theory.weights import StoredNetwork

_MOST_STARTS = 100_000
_EXAMPLE = """\
examples:
  %(prog)s weights.h5 --epoch 3 --temperature 2.0 --starts 200 --json
  %(prog)s weights.h5 --epoch all --critical

The weights are the couplings of Ising spins, H = - sum W_ij s_i s_j between neighbouring layers (biases are fields).
Starts that lead to no solution are dropped and counted. --critical gives where the least eigenvalue of I - M, the
stability of m = 0, first crosses zero on cooling (crossing), or how close it comes (near-touch, before training).
Energies and temperatures are in units of the weights (k_B = 1), energies per spin.
Exit codes: 0 done, 2 bad input, 3 no start led to a solution.
"""


def _add_options(parser: argparse.ArgumentParser) -> None:
    stored_network.add_network_options(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--temperature", type=readers.positive, metavar="T", help="count solutions at one temperature")
    what.add_argument(
        "--temperatures",
        type=readers.temperatures("0.5:3:6"),
        metavar="LO:HI:N",
        help="at N equally spaced temperatures",
    )
    what.add_argument("--critical", action="store_true", help="the critical temperature of this network instead")
    parser.add_argument(
        "--starts", type=readers.whole(0, _MOST_STARTS, 200), default=200, help="random starts (default 200)"
    )
    parser.add_argument("--seed", type=readers.whole(0, 2**53, 0), default=0, help="of the random starts (default 0)")
    parser.add_argument(
        "--from-states", type=Path, metavar="FILE.npy", help="more starts: spins or magnetisations, (states, spins)"
    )
    parser.add_argument(
        "--tolerance",
        type=readers.positive,
        default=DEFAULT_TOLERANCE,
        help="largest residual of a solution, in magnetisation (default 1e-10)",
    )
    add_json_option(parser, "print JSON: an object, or a list for several")


def _run(args: argparse.Namespace) -> None:
    """Do what was asked for every epoch and temperature, and print it."""
    stored = stored_network.networks(args)
    if args.critical:
        results = [(network, instability(network.bonds)) for network in stored]
        if args.json:
            records = [_critical_record(*pair) for pair in results]
            print(as_json(stored_network.one_or_list(args, records)))
        else:
            print("\n".join(_critical_line(*pair) for pair in results))
        return
    counts = [
        (network, _census(args, network, temperature))
        for network in stored
        for temperature in args.temperatures or [args.temperature]
    ]
    if not any(count.found for _, count in counts):
        _, worst = counts[-1]
        raise NotConvergedError(
            f"none of {worst.starts} starts led to a TAP solution at temperature {worst.temperature:g}; in a glass "
            "this is common: give more --starts, or states of a simulation with --from-states"
        )
    if args.json:
        records = [_record(network, count) for network, count in counts]
        many = args.temperatures is not None
        print(as_json(stored_network.one_or_list(args, records, many=many)))
    else:
        print("\n\n".join(_summary(network, count) for network, count in counts))


def _census(args: argparse.Namespace, network: StoredNetwork, temperature: float) -> Census:
    states = None if args.from_states is None else stored_network.read_states(args.from_states, network.bonds.spins)
    if not args.starts and states is None:
        raise ValueError("--starts: got 0 without --from-states; give at least one start")
    if sys.stderr.isatty():
        print(f"epoch {network.epoch:g}, T = {temperature:g} ...", file=sys.stderr, flush=True)
    return census(
        network.bonds, temperature, starts=args.starts, seed=args.seed, states=states, tolerance=args.tolerance
    )


def _record(network: StoredNetwork, count: Census) -> dict[str, object]:
    return {
        "model": "tap",
        "epoch": network.epoch,
        "widths": list(network.bonds.widths),
        "temperature": count.temperature,
        "starts": count.starts,
        "dropped": count.dropped,
        "distinct": len(count.found),
        "verdict": count.verdict,
        "unseen_share": count.unseen_share,
        "expected_solutions": count.expected_solutions,
        "up_to_reversal": count.paramagnet is not None,
        "solutions": [_found_record(state) for state in count.found],
        "paramagnet": None if count.paramagnet is None else _solution_record(count.paramagnet),
        "saturation": [{"starts": n, "distinct": expected} for n, expected in count.saturation],
    }


def _found_record(state: Found) -> dict[str, object]:
    hits = {"random_hits": state.random_hits, "state_hits": state.state_hits}
    return {**_solution_record(state.solution), **hits}


def _solution_record(solution: TapSolution) -> dict[str, object]:
    return {
        "free_energy": solution.free_energy,
        "energy": solution.energy,
        "entropy": solution.entropy,
        "overlap": solution.overlap,
        "least_eigenvalue": solution.least_eigenvalue,
        "plefka_radius": solution.plefka_radius,
        "residual": solution.status.residual,
        "error_estimate": solution.status.error_estimate,
    }


def _summary(network: StoredNetwork, count: Census) -> str:
    pairs = "solutions up to reversal" if count.paramagnet else "solutions"
    lines = [
        f"TAP equations, epoch {network.epoch:g}, T = {count.temperature:g}: {len(count.found)} distinct {pairs} from "
        f"{count.starts} starts, {count.dropped} of them dropped",
        f"{count.verdict}: {count.unseen_share:.2g} of the solved starts would lead elsewhere; at least "
        f"{count.expected_solutions:.3g} solutions within reach",
        "   hits  free energy       energy      entropy   overlap  least eigenvalue  Plefka radius",
    ]
    for state in count.found:
        s = state.solution
        lines.append(
            f"{state.hits:7d} {s.free_energy:12.8f} {s.energy:12.8f} {s.entropy:12.8f} {s.overlap:9.6f} "
            f"{s.least_eigenvalue:17.6g} {s.plefka_radius:14.4g}"
        )
    if count.paramagnet is not None:
        s = count.paramagnet
        lines.append(f"m = 0: least eigenvalue {s.least_eigenvalue:.6g}, Plefka radius {s.plefka_radius:.4g}")
    return "\n".join(lines)


def _critical_record(network: StoredNetwork, result: Instability) -> dict[str, object]:
    return {
        "model": "tap",
        "epoch": network.epoch,
        "widths": list(network.bonds.widths),
        "kind": result.kind,
        "temperature": result.temperature,
        "beta": result.beta,
        "least_eigenvalue": result.least_eigenvalue,
        "error": result.error,
        "lowest": result.lowest,
        "lowest_temperature": result.lowest_temperature,
        "random_critical_temperature": critical_temperature(network.bonds.variances()),
    }


def _critical_line(network: StoredNetwork, result: Instability) -> str:
    random = critical_temperature(network.bonds.variances())
    if result.kind == "crossing":
        found = f"T_c = {result.temperature:.8g} (+- {result.error:.1g})"
    else:
        found = f"no T_c; {result.kind}: least eigenvalue {result.least_eigenvalue:.4g} at T = {result.temperature:.6g}"
    return f"epoch {network.epoch:g}: {found}; random couplings of the same variances: {random:.6g}"


COMMAND = Command(
    description="Solve the TAP equations of one network and count the distinct solutions.",
    example=_EXAMPLE,
    add_options=_add_options,
    run=_run,
)
