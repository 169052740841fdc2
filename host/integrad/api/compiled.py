"""CompiledClassifier: the exported C of a model, built for this computer, as an estimator of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from integrad.api.classifier import IntegerClassifier, batches
from integrad.api.model import Model
from integrad.execute.host_program import HostProgram
from integrad.execute.session import Predict, Train, Weights


class CompiledClassifier(IntegerClassifier):
    """An IntegerClassifier that classifies and goes on learning with the C that a microcontroller runs.

    fit() trains like IntegerClassifier, exports the model and builds it with a compiler of this computer;
    from then on, scores and updates are computed by the program. They are those of IntegerClassifier, bit by
    bit. A stored estimator contains no program: it is built again when it is needed.

    Parameters
    ----------
    compiler : str, default="gcc"
        "gcc" or "clang", which must be installed.

    The other parameters, and the attributes, are those of IntegerClassifier.
    """

    def __init__(
        self,
        model: str = "mlp:96,48",
        *,
        sample_shape: tuple[int, ...] | None = None,
        axes: str | None = None,
        learner: str | None = None,
        steps: int | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate_inv: int | None = None,
        validation: int | None = None,
        settings: Mapping[str, int | str] | None = None,
        random_state: int | np.random.RandomState | None = 0,
        compiler: str = "gcc",
    ):
        super().__init__(
            model,
            sample_shape=sample_shape,
            axes=axes,
            learner=learner,
            steps=steps,
            epochs=epochs,
            batch_size=batch_size,
            learning_rate_inv=learning_rate_inv,
            validation=validation,
            settings=settings,
            random_state=random_state,
        )
        self.compiler = compiler

    def fit(self, X, y, groups=None) -> CompiledClassifier:
        """Train from scratch, export and build. See IntegerClassifier.fit().

        Raises IntegradError if the compiler is not installed.
        """
        super().fit(X, y, groups)
        self._built()
        return self

    def _compute_scores(self, X: np.ndarray) -> np.ndarray:
        program = self._built()
        preprocessing = program.device.model.preprocessing
        (scores,) = program.perform([Predict(preprocessing.raw(self._samples(preprocessing, X)))])
        return scores.astype(np.int64)

    def _learn(self, model: Model, raw: np.ndarray, indices: np.ndarray, size: int) -> None:
        size = min(size, len(raw))
        learn = model.training["hyper_parameters"]["learn"]
        program = HostProgram(model, learn, size, self.compiler)
        steps = [
            Train(raw[batch], indices[batch], model.schedule(len(raw[batch])))
            for batch in batches(len(raw), size)
        ]
        *_, weights = program.perform([*steps, Weights()])
        model.network.load_parameters(program.device.network_with(weights).arrays())

    def _built(self) -> HostProgram:
        """The program of the present weights."""
        if self._program is None:
            self._program = HostProgram(self.to_model(), compiler=self.compiler)
        return self._program

    def _store(self, model: Model) -> None:
        super()._store(model)
        self._program = None

    def __getstate__(self) -> dict:
        state = super().__getstate__()
        return state | {"_program": None} if "_program" in state else state
