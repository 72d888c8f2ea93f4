"""A whole run: samples dealt to groups of ranks, one file each, and an index of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Numba's matrix products call SciPy's BLAS and load it at the first product, but only a library that is loaded by then
# obeys threadpool_limits; more threads on one rank would change the order of sums.
import scipy.linalg.cython_blas  # noqa: F401
from threadpoolctl import threadpool_limits

from mcsim.config import RunConfig
from mcsim.models.registry import model_of_sample, refuse_environment
from mcsim.networks.source import weights_in_file
from mcsim.parallel.agree import on_first_rank
from mcsim.parallel.communicator import Communicator
from mcsim.parallel.layout import choose_groups, group_of_rank, ladder_block, samples_of_group
from mcsim.parallel.stop import StopRequest
from mcsim.progress import RunProgress
from mcsim.storage import schema
from mcsim.storage.index import is_complete, same_run_but_for_samples, sample_path, weights_of, write_index
from mcsim.storage.recorder import Recorder
from mcsim.tempering.driver import StoppedError, TemperingChain, measurements


class RunFolderError(ValueError):
    """The folder of results does not fit the run; the message is one line."""


class SamplingError(RuntimeError):
    """A sample failed on this rank alone, where a ValueError would pass for bad input that all ranks see alike."""


@dataclass(frozen=True)
class RunOutcome:
    """What a run left behind.

    Attributes
    ----------
    folder : Path
        Holds ``index.h5`` and one file per sample.
    samples : int
        Samples asked for.
    computed : int
        Samples completed by this call; the others were complete before.
    stopped : bool
        Whether a request to stop ended the run early. What was committed is in the files.
    """

    folder: Path
    samples: int
    computed: int
    stopped: bool


def simulate(
    config: RunConfig,
    folder: Path,
    world: Communicator,
    *,
    groups: int | None = None,
    overwrite: bool = False,
    restart_interrupted: bool = False,
    show_progress: bool = True,
    blas_threads: int = 1,
) -> RunOutcome:
    """Sample every disorder realisation of a configuration; every rank of `world` calls this.

    Complete samples of the same configuration that the folder already holds are kept and not computed again.

    Parameters
    ----------
    config : RunConfig
    folder : Path
        Made if need be.
    world : Communicator
    groups : int, optional
        Groups of ranks that work on different samples at a time; as many as possible by default. The results do not
        depend on it.
    overwrite : bool
        Replace what the folder holds, even of another configuration.
    restart_interrupted : bool
        Compute samples again whose file was left incomplete, instead of refusing the folder.
    show_progress : bool
    blas_threads : int
        Threads of the linear algebra on each rank.

    Raises
    ------
    RunFolderError, ConfigError (unusable weights), LayoutError, SpinKernelError
        On every rank alike, before anything is computed.
    """
    refuse_environment()
    n_groups = choose_groups(world.size, config.samples, groups)
    own_group = group_of_rank(world.rank, world.size, n_groups)
    group = world.split(own_group)
    _check_layout(config, world.size, n_groups)
    pending = on_first_rank(world, lambda: _prepare(config, folder, overwrite, restart_interrupted))
    mine = [sample for sample in samples_of_group(own_group, n_groups, config.samples) if sample in pending]
    label = folder.name if n_groups == 1 else f"{folder.name}, group 1 of {n_groups}"
    progress = RunProgress(len(mine) * _sweeps(config), label, shown=show_progress and world.rank == 0)
    with threadpool_limits(blas_threads), StopRequest(world) as stop, progress:
        try:
            for sample in mine:
                _simulate_sample(config, folder, sample, group, stop, progress)
        except StoppedError:
            pass  # What was committed is in the file; the outcome below says that samples are missing.
        except ValueError as error:
            raise SamplingError(f"{type(error).__name__}: {error}") from error
        stop.settle()
    left = on_first_rank(world, lambda: [s for s in pending if not is_complete(sample_path(folder, s))])
    return RunOutcome(folder, config.samples, len(pending) - len(left), stopped=bool(left))


def _sweeps(config: RunConfig) -> int:
    """Return the sweeps of one sample."""
    return config.run.thermalization + config.run.measurements * config.run.sweeps_per_measurement


def _check_layout(config: RunConfig, ranks: int, groups: int) -> None:
    """Refuse, on every rank, a layout in which any group would have more ranks than tiles."""
    largest = max(sum(group_of_rank(rank, ranks, groups) == group for rank in range(ranks)) for group in range(groups))
    slots = config.ladder.inverse_temperatures().size
    ladder_block(0, largest, slots, config.model.tile_slots(config.run.copies))


def _prepare(config: RunConfig, folder: Path, overwrite: bool, restart_interrupted: bool) -> list[int]:
    """Check the inputs and the folder, write the index, and return the samples still to compute."""
    weights = weights_in_file(config)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{folder}: cannot be made: {error.strerror}") from None
    if not overwrite:
        _refuse_other_results(config, folder, weights, restart_interrupted)
    kept = [] if overwrite else [s for s in range(config.samples) if is_complete(sample_path(folder, s))]
    for sample in set(range(config.samples)) - set(kept):
        sample_path(folder, sample).unlink(missing_ok=True)
    write_index(folder, config)
    return [sample for sample in range(config.samples) if sample not in kept]


def _refuse_other_results(config: RunConfig, folder: Path, weights: str | None, restart_interrupted: bool) -> None:
    """Refuse a folder whose index or samples, were they kept, would be passed off as this run's."""
    index = schema.index_path(folder)
    if index.exists() and not same_run_but_for_samples(index, config):
        raise RunFolderError(
            f"{folder}: holds the results of another configuration; name another folder or pass --overwrite"
        )
    for sample in range(config.samples):
        path = sample_path(folder, sample)
        if path.exists() and not is_complete(path) and not restart_interrupted:
            raise RunFolderError(
                f"{path}: is the interrupted file of sample {sample}; pass --restart-interrupted to compute that "
                "sample again, or name another folder"
            )
        if path.exists() and not same_run_but_for_samples(path, config):
            raise RunFolderError(
                f"{path}: is the result of another configuration; name another folder or pass --overwrite"
            )
        if path.exists() and weights not in (None, weights_of(path)):
            raise RunFolderError(
                f"{path}: was computed before the weights file changed; name another folder or pass --overwrite"
            )


def _simulate_sample(
    config: RunConfig, folder: Path, sample: int, group: Communicator, stop: StopRequest, progress: RunProgress
) -> None:
    """Compute one sample and write its file; all ranks of the group call this together."""
    model = model_of_sample(config, sample)
    chain = TemperingChain(config, model, sample, group)
    recorder = Recorder(sample_path(folder, sample), config, model, chain, group)

    def heartbeat(sweeps: int) -> bool:
        progress.at(sample, sweeps)
        return stop.is_known_here()

    try:
        for measurement in measurements(config, chain, heartbeat):
            recorder.add(measurement)
    except StoppedError:
        recorder.commit()
        raise
    recorder.finish()
    progress.sample_finished(chain.sweeps)
