"""The key of a build of firmware: a digest of everything that it is made of."""

from __future__ import annotations

import hashlib
import uuid
from functools import cache
from importlib.resources import files
from pathlib import Path

from integrad import __version__
from integrad.build.object_key import UnknowableError, compiler_identity, digest_of, read_texts
from integrad.build.toolchain import Toolchain
from integrad.errors import IntegradError
from integrad.targets.cores import Core
from integrad.testing.application_sources import c_library
from integrad.testing.settings import Settings

PACKAGES = ("integrad", "integrad_codegen", "integrad_templates", "integrad_device")


def application_key(settings: Settings, core: Core, tools: Toolchain) -> str:
    """The key of firmware that is built from sources or from a model alone.

    Sources whose text is not all that counts (`__DATE__`) have another key each time.
    """
    command = [*tools.compile, *(f"-D{name}" for name in settings.defines)]
    try:
        texts = [
            [(text.name, text.digest) for text in read_texts(command, settings.include, source)]
            for source in settings.sources
        ]
    except UnknowableError:
        return uuid.uuid4().hex
    except OSError as error:
        raise IntegradError(f"{error.filename}: cannot be read: {error.strerror}") from error
    model = hashlib.sha256(settings.model.read_bytes()).hexdigest() if settings.model else ""
    return digest_of(
        (
            __version__,
            _packages(),
            compiler_identity(tools.name, tools.compile[0]),
            (core, tools.flags, c_library(tools)),
            (model, settings.model and settings.model.stem, settings.name, settings.learn),
            (settings.batch_size, settings.defines, texts),
        )
    )


@cache
def _packages() -> str:
    """Sizes and times of the files of integrad."""
    state = hashlib.sha256()
    for package in PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*")):
            if path.suffix in (".py", ".jinja", ".c", ".h", ".toml", ".csv", ".json"):
                found = path.stat()
                state.update(f"{path.relative_to(root)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return state.hexdigest()
