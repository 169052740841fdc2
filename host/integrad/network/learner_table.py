"""The layers of every learner, by its id."""

from __future__ import annotations

from integrad.network.learner_layers import LearnerLayers, NitroLayers

LEARNER_LAYERS: dict[str, LearnerLayers] = {layers.learner: layers for layers in (NitroLayers(),)}

USUAL_LEARNER = NitroLayers.learner
"""Of a description that names none."""
