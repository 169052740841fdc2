"""Train neural networks with integers only, on a host and on the microcontroller itself.

The public Python API is what `__all__` names; docs/python.md describes it. Each name is imported when it is
first used, so that `import integrad` takes no time.
"""

from importlib import import_module

_HOMES = {
    "CompiledClassifier": "integrad.api.compiled",
    "Dataset": "integrad.datasets",
    "Evaluation": "integrad.api.evaluation",
    "IntegerClassifier": "integrad.api.classifier",
    "IntegradError": "integrad.errors",
    "IntegradNote": "integrad.errors",
    "InvalidArgumentError": "integrad.errors",
    "Model": "integrad.api.model",
    "UsageError": "integrad.errors",
    "load": "integrad.api.model",
    "load_dataset": "integrad.api.loading",
    "train": "integrad.api.training",
}

__all__ = [
    "CompiledClassifier",
    "Dataset",
    "Evaluation",
    "IntegerClassifier",
    "IntegradError",
    "IntegradNote",
    "InvalidArgumentError",
    "Model",
    "UsageError",
    "__version__",
    "load",
    "load_dataset",
    "train",
]


def __getattr__(name: str):
    if name == "__version__":
        value = _version()
    elif name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
    else:
        raise AttributeError(f"module 'integrad' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("integrad")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0+unknown"
