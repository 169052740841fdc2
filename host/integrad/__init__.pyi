from integrad.api.classifier import IntegerClassifier as IntegerClassifier
from integrad.api.compiled import CompiledClassifier as CompiledClassifier
from integrad.api.evaluation import Evaluation as Evaluation
from integrad.api.loading import load_dataset as load_dataset
from integrad.api.model import Model as Model
from integrad.api.model import load as load
from integrad.api.training import train as train
from integrad.datasets import Dataset as Dataset
from integrad.errors import IntegradError as IntegradError
from integrad.errors import IntegradNote as IntegradNote
from integrad.errors import InvalidArgumentError as InvalidArgumentError
from integrad.errors import UsageError as UsageError

__version__: str
