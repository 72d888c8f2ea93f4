"""Imports go one way: the rules of the house, read off the source without running it."""

from __future__ import annotations

import ast
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from support import ROOT

PACKAGES = ("mcsim", "theory", "validation")

# What each room may import from the three packages, besides itself. The longest name that fits a module counts.
ALLOWED: dict[str, set[str]] = {
    "mcsim": set(),
    "mcsim.kernels": set(),
    "mcsim.seeds": set(),
    "mcsim.atomic": set(),
    "mcsim.packaged": set(),
    "mcsim.networks": {"mcsim", "mcsim.atomic", "mcsim.packaged"},
    "mcsim.config": {"mcsim.packaged"},
    "mcsim.networks.source": {"mcsim.config", "mcsim.networks", "mcsim.seeds"},
    "mcsim.parallel": set(),
    "mcsim.progress": set(),
    "mcsim.command_line": {"mcsim.parallel"},
    "mcsim.models": {"mcsim.config", "mcsim.kernels", "mcsim.networks", "mcsim.networks.source", "mcsim.seeds"},
    "mcsim.tempering": {"mcsim.config", "mcsim.kernels", "mcsim.models", "mcsim.parallel", "mcsim.seeds"},
    "mcsim.storage": {"mcsim", "mcsim.atomic", "mcsim.config", "mcsim.models", "mcsim.parallel", "mcsim.tempering"},
    "mcsim.estimators": set(),
    "mcsim.import_command": {"mcsim.command_line", "mcsim.networks", "mcsim.parallel"},
    "mcsim.training": {
        "mcsim.command_line",
        "mcsim.config",
        "mcsim.networks",
        "mcsim.parallel",
        "mcsim.progress",
    },
    "mcsim.simulate": {
        "mcsim.config",
        "mcsim.models",
        "mcsim.networks.source",
        "mcsim.parallel",
        "mcsim.progress",
        "mcsim.storage",
        "mcsim.tempering",
    },
    "mcsim.__main__": {
        "mcsim.command_line",
        "mcsim.config",
        "mcsim.import_command",
        "mcsim.networks.source",
        "mcsim.parallel",
        "mcsim.simulate",
        "mcsim.storage",
        "mcsim.training",
    },
    # Arrays, results, activations and the overlap function q(x) are below every model.
    "theory": set(),
    "theory.numerics": {"theory"},
    "theory.layered_sk": {"theory", "theory.numerics"},
    "theory.mlp": {"theory", "theory.numerics"},
    "theory.bonds": {"theory", "theory.layered_sk"},
    "theory.weights": {"theory", "theory.bonds"},
    "theory.tap": {"theory", "theory.bonds", "theory.numerics"},
    "theory.spectrum": {"theory", "theory.bonds", "theory.layered_sk"},
    "theory.commands": {
        "theory",
        "theory.layered_sk",
        "theory.mlp",
        "theory.spectrum",
        "theory.tap",
        "theory.weights",
    },
    "theory.__main__": {"theory", "theory.commands"},
    # The comparison reads results, trains, runs samplers and asks for predictions; it does not reach into the sampler.
    "validation": {
        "mcsim",
        "mcsim.atomic",
        "mcsim.command_line",
        "mcsim.config",
        "mcsim.estimators",
        "mcsim.networks",
        "mcsim.networks.source",
        "mcsim.parallel",
        "mcsim.simulate",
        "mcsim.storage",
        "mcsim.training",
        "theory",
        "theory.bonds",
        "theory.layered_sk",
        "theory.mlp",
        "theory.spectrum",
        "theory.tap",
        "validation.networks.sampled_spins",
    },
    # Except here: spins one by one are in no result file, and only the chain itself can give them.
    "validation.networks.sampled_spins": {
        "mcsim.config",
        "mcsim.models",
        "mcsim.networks",
        "mcsim.networks.source",
        "mcsim.parallel",
        "mcsim.tempering",
        "validation",
    },
}

# Other people's libraries that belong in few rooms.
ONLY_IN = {
    "mpi4py": ("mcsim.parallel",),
    "numba": ("mcsim.kernels", "theory.layered_sk", "theory.mlp"),
    "pydantic": ("mcsim.config", "mcsim.training", "validation"),
    "h5py": ("mcsim.storage", "mcsim.networks", "theory.weights"),
    "torch": ("mcsim.training",),
}
KERNELS_MAY_IMPORT = {"numpy", "numba", "llvmlite", "mcsim"}


@cache
def sources() -> dict[str, str]:
    """Return the source of every module of the three packages by its dotted name; packages end in __init__."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text(encoding="utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def imports(name: str, source: str) -> set[str]:
    """Return the dotted names that a module imports anywhere: at the top, in functions, for type checkers."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = name.split(".")[: -node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def room_of(name: str) -> str:
    """Return the room of a module, or of a name imported from one."""
    fitting = [room for room in ALLOWED if f"{name}.".startswith(f"{room}.")]
    return max(fitting, key=len, default="")


def violations(name: str, source: str) -> list[str]:
    """Return what a module imports against the rules, one line each."""
    own = room_of(name)
    found = []
    for imported in sorted(imports(name, source)):
        top = imported.split(".")[0]
        if top in PACKAGES and room_of(imported) not in {own, *ALLOWED[own]}:
            found.append(f"{name} imports {imported}")
            continue
        misplaced = top in ONLY_IN and own not in ONLY_IN[top]
        if misplaced or (own == "mcsim.kernels" and top not in KERNELS_MAY_IMPORT | sys.stdlib_module_names):
            found.append(f"{name} imports {top}")
    return found


@pytest.mark.parametrize("name", sources())
def test_imports_go_one_way(name: str) -> None:
    assert violations(name, sources()[name]) == []


def test_every_module_has_a_room() -> None:
    # A module right under mcsim would otherwise fall into the room of the package itself, unseen.
    stray = [
        name
        for name in sources()
        if name.startswith("mcsim.") and room_of(name) == "mcsim" and name != "mcsim.__init__"
    ]
    assert stray == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    modules = {name.removesuffix(".__init__"): (name, source) for name, source in sources().items()}
    graph = {}
    for module, (name, source) in modules.items():
        found = {i if i in modules else i.rpartition(".")[0] for i in imports(name, source)}
        graph[module] = {i for i in found if i in modules and i != module}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
    assert len(order) == len(modules)


KNOWN_WRONG = {
    "sampler-uses-theory": ("mcsim.simulate", "from theory.layered_sk import couplings"),
    "sampler-uses-validation": ("mcsim.estimators.blocking", "import validation.numbers.compare"),
    "theory-uses-sampler": ("theory.layered_sk.rs.saddle", "from mcsim.networks.gaussian import bond_variances"),
    "solver-uses-a-command": ("theory.mlp.rs.saddle", "from theory.commands import readers"),
    "model-uses-another-model": ("theory.mlp.rsb.solver", "from theory.layered_sk.rsb import solve_frsb"),
    "theory-uses-validation": ("theory.result", "import validation"),
    "inside-a-function": ("mcsim.storage.reader", "def f():\n    from theory import result\n    return result"),
    "for-type-checkers": ("theory.mlp.rs.saddle", "if TYPE_CHECKING:\n    from mcsim.config import RunConfig"),
    "relative": ("mcsim.kernels.layered", "from ..seeds import Purpose"),
    "relative-package": ("mcsim.kernels.layered", "from .. import config"),
    "kernel-uses-seeds": ("mcsim.kernels.philox", "from mcsim.seeds import stream_key"),
    "kernel-uses-scipy": ("mcsim.kernels.layered", "import scipy.special"),
    "kernel-uses-a-parser": ("mcsim.kernels.layered", "import h5py"),
    "model-uses-storage": ("mcsim.models.ising", "from mcsim.storage import schema"),
    "tempering-uses-storage": ("mcsim.tempering.driver", "from mcsim.storage.recorder import Recorder"),
    "config-uses-models": ("mcsim.config.run", "from mcsim.models.ising import IsingModel"),
    "config-uses-networks": ("mcsim.config.networks", "from mcsim.networks.files import load_weights"),
    "config-uses-kernels": ("mcsim.config.models", "from mcsim.kernels.mlp_activations import REGISTRY"),
    "networks-use-config": ("mcsim.networks.files", "from mcsim.config import RunConfig"),
    "storage-uses-the-run": ("mcsim.storage.writer", "from mcsim.simulate import simulate"),
    "estimators-use-storage": ("mcsim.estimators.thermo", "from mcsim.storage.reader import read_run"),
    "mpi-outside-its-room": ("mcsim.simulate", "from mpi4py import MPI"),
    "torch-in-the-package": ("mcsim.networks.files", "import torch"),
    "validation-reaches-into-kernels": ("validation.numbers.compare", "from mcsim.kernels import layered"),
}


@pytest.mark.parametrize("name", KNOWN_WRONG)
def test_wrong_imports_are_found(name: str) -> None:
    module, source = KNOWN_WRONG[name]
    assert len(violations(module, source)) == 1


def test_right_imports_are_not_complained_about() -> None:
    assert (
        violations("validation.numbers.compare", "from mcsim.storage.reader import read_run\nimport theory.result")
        == []
    )
    assert violations("mcsim.kernels.layered", "import numpy as np\nfrom typing import NamedTuple") == []
    assert violations("mcsim.kernels.layered", "from .philox import fill_words") == []


def test_the_checker_reads_this_checkout() -> None:
    names = set(sources())
    assert {"mcsim.config.run", "mcsim.kernels.layered", "theory.result", "validation.__init__"} <= names
    assert Path(sys.modules["mcsim"].__file__ or "").is_relative_to(ROOT)
