"""A readable summary of a result file: what `mcsim info` prints."""

from __future__ import annotations

import json
import math
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from mcsim.config.model_section import SummaryWords
from mcsim.config.models import MODEL_SECTIONS
from mcsim.storage import schema
from mcsim.storage.index import linked_samples, open_result, sample_path
from mcsim.storage.stillness import warning_of_still_slots


def summarise(path: Path) -> dict[str, Any]:
    """Return what a file holds, as plain JSON values.

    Raises
    ------
    ResultFileError
        Where the file is missing or not ours.
    """
    path = schema.index_path(path) if path.is_dir() else path
    with open_result(path) as file:
        facts: dict[str, Any] = {
            "file": str(path),
            "schema_version": int(file.attrs["schema_version"]),
            "code_version": str(file.attrs["code_version"]),
            "config_sha256": str(file.attrs["config_sha256"]),
            "config": json.loads(file.attrs["config"]),
        }
        if "series" in file:
            return {**facts, **_sample_facts(file)}
        names = linked_samples(file)
        if not names:
            return {**facts, "samples": {name: _sample_facts(group) for name, group in file["samples"].items()}}
    samples: dict[str, Any] = {}
    for name in names:
        one = sample_path(path.parent, int(name))
        if one.exists():
            with open_result(one) as file:
                samples[name] = _sample_facts(file)
        else:
            samples[name] = None
    return {**facts, "samples": samples}


def _sample_facts(file: Any) -> dict[str, Any]:
    committed = int(file[schema.COMMITTED][()])
    config = json.loads(file.attrs["config"])
    attempts = file["exchange/attempts"][...]
    accepted = file["exchange/accepted"][...]
    energy = file["series/energy"]
    half = energy[:, committed // 2 : committed].mean(axis=(1, 2)) if committed else np.array([])
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = accepted.mean(axis=1) / attempts
    return {
        "sample": int(file.attrs["sample"]),
        "complete": bool(file.attrs[schema.COMPLETE]),
        "committed": committed,
        "planned": int(config["run"]["measurements"]),
        "widths": [int(n) for n in file["layer/size"][...]],
        "weights_sha256": str(file.attrs["weights_sha256"]),
        "temperature": [_finite(t) for t in file["slot/temperature"][...]],
        "energy_per_site": [float(e) / float(file.attrs["sites"]) for e in half],
        "exchange_rate": [_finite(r) for r in rates],
        "round_trips": int(file["exchange/round_trips"][...].sum()),
        **_dynamics_facts(file["dynamics"]),
    }


def _dynamics_facts(group: Any) -> dict[str, Any]:
    """Return the figures of the model's dynamics by slot; of a drift the largest is enough."""
    facts: dict[str, Any] = {
        name: [float(v) for v in dataset[...]] for name, dataset in group.items() if name != "drift"
    }
    return facts if "drift" not in group else {**facts, "largest_drift": float(group["drift"][...].max())}


def _finite(value: float) -> float | None:
    """Return a number, or None where JSON has none for it: an infinite temperature, the rate of no attempts."""
    return float(value) if np.isfinite(value) else None


def as_text(facts: dict[str, Any]) -> str:
    """Return a summary as text for a person."""
    config = facts["config"]
    section = MODEL_SECTIONS[config["model"]["kind"]]
    lines = [
        f"{facts['file']}",
        f"  written by mcsim {facts['code_version']}, schema {facts['schema_version']}, "
        f"configuration {facts['config_sha256'][:12]}",
        f"  seed {config['seed']}, {config['samples']} sample(s), {config['run']['copies']} copies, "
        f"network: {section.described(config['model'])}",
    ]
    samples = facts["samples"] if "samples" in facts else {f"{facts['sample']:05d}": facts}
    for name, sample in samples.items():
        lines.extend(_sample_lines(name, sample, section.words if len(samples) == 1 else None))
    return "\n".join(lines)


def widths_text(widths: list[int]) -> str:
    """Return widths with repetitions counted: 784, 256 x 3, 10."""
    runs = [(width, len(list(same))) for width, same in groupby(widths)]
    return ", ".join(f"{width} x {count}" if count > 1 else str(width) for width, count in runs)


def _sample_lines(name: str, sample: dict[str, Any] | None, details: SummaryWords | None) -> list[str]:
    """Return the lines about one sample; with a table of its slots where the words for its heads are given."""
    if sample is None:
        return [f"  sample {name}: not computed"]
    state = "complete" if sample["complete"] else "INTERRUPTED"
    head = (
        f"  sample {name}: {state}, {sample['committed']} of {sample['planned']} measurements, widths "
        f"{widths_text(sample['widths'])}, {sample['round_trips']} round trips"
    )
    if "largest_drift" in sample:
        head += f", drift {sample['largest_drift']:.1e}"
    if not sample["committed"]:
        return [head]
    lines = [head]
    warning = warning_of_still_slots(sample["temperature"], sample)
    if warning:
        lines.append(f"    WARNING: {warning}")
    if details is None:
        return lines
    table = [f"    temperature   {details.energy:>11}   exchange up   {details.rate_heading:>13}"]
    exchanged = [*sample["exchange_rate"], None]
    columns = (sample["temperature"], sample["energy_per_site"], exchanged, sample[details.rate])
    for t, e, up, rate in zip(*columns, strict=True):
        shown = "-" if up is None else f"{up:.3f}"
        table.append(f"    {math.inf if t is None else t:11.4g}   {e:11.5f}   {shown:>11}   {rate:13.4f}")
    return [*lines, *table]
