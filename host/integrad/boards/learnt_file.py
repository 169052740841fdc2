"""Files in which MicroPython saved what it learnt, in the format of the weight store or of older exports."""

from __future__ import annotations

from dataclasses import dataclass

from integrad.boards.learnt_weights import model_with
from integrad.boards.store_image import StoredSave, model_of, newest_of, saves_in
from integrad.errors import IntegradError
from integrad.model_file import Model
from integrad_codegen.store_format import MAGIC


@dataclass(frozen=True)
class LearntFile:
    """name: of the file; model: with its weights; learn: the learn set it was exported with; sequence: number
    of the save, 0 in files of older exports; steps: training steps, if known."""

    name: str
    model: Model
    learn: str
    sequence: int
    steps: int | None


def learnt_file(model: Model, data: bytes, name: str) -> LearntFile:
    """What load() of a board takes from a file. Raises IntegradError if that is nothing."""
    if not data.startswith(MAGIC):
        return LearntFile(name, *model_with(model, data, name), 0, None)
    saves = saves_in(data)
    if not saves:
        raise IntegradError(f"{name}: damaged: it has no save with an intact header")
    save = newest_of(saves, model)
    learnt, learn = model_of(model, save, name)
    if save.state == StoredSave.UNCONFIRMED:
        raise IntegradError(f"{name}: save {save.sequence}: not confirmed; call confirm() on the board first")
    return LearntFile(name, learnt, learn, save.sequence, save.steps)
