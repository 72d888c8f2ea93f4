"""The models that a configuration can ask for, one name each."""

from __future__ import annotations

from typing import get_args

from mcsim.config.layered_ising import LayeredIsing
from mcsim.config.model_section import ModelSection
from mcsim.config.random_mlp import RandomMlp

AnyModel = LayeredIsing | RandomMlp
MODEL_SECTIONS: dict[str, type[ModelSection]] = {
    get_args(section.model_fields["kind"].annotation)[0]: section for section in get_args(AnyModel)
}
