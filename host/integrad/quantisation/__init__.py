"""Networks that were trained in floating point become models that go on learning in integers."""

from integrad.quantisation.assignment import Reading
from integrad.quantisation.input_scaling import InputScaling
from integrad.quantisation.quantise import Quantised, QuantisedLayer, quantise
from integrad.quantisation.weight_file import read_weights

__all__ = ["InputScaling", "Quantised", "QuantisedLayer", "Reading", "quantise", "read_weights"]
