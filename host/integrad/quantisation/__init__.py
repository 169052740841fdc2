"""Networks that were trained in floating point become models that go on learning in integers."""

from integrad.quantisation.assignment import Reading
from integrad.quantisation.input_scaling import InputScaling
from integrad.quantisation.quantise import USUAL_LOSS, Quantised, QuantisedLayer, quantise
from integrad.quantisation.weight_file import read_weights

__all__ = [
    "USUAL_LOSS",
    "InputScaling",
    "Quantised",
    "QuantisedLayer",
    "Reading",
    "quantise",
    "read_weights",
]
