"""The layers of each learner, by its id."""

from __future__ import annotations

from integrad.network.backprop_layers import BackpropLayers
from integrad.network.learner_layers import LearnerLayers, NitroLayers
from integrad.network.pocket_layers import PocketLayers

LEARNER_LAYERS: dict[str, LearnerLayers] = {
    layers.learner: layers for layers in (NitroLayers(), PocketLayers(), BackpropLayers())
}

USUAL_LEARNER = NitroLayers.learner
"""The learner of descriptions without one."""
