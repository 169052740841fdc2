"""Text of the opening comment of a generated header, wrapped and safe inside a C comment."""

from __future__ import annotations

import re
import textwrap

from integrad import __version__
from integrad.model_file import Model
from integrad_codegen.plan import Plan

COLUMNS = 97
"""Columns of a line after ` * `."""

LABEL = 11
SHOWN_CLASSES = 100


def summary(plan: Plan) -> str:
    """One sentence that describes the module."""
    learning = "with on-device training, " if plan.batch else ""
    return f"a classifier of {plan.classes} classes, {learning}integers only."


def origin_lines(model: Model, plan: Plan, command: str) -> list[str]:
    """The origin of the module, one labelled line per item."""
    record = model.training
    texts = {
        "Generator": f"integrad {__version__}; generate this file again instead of editing it",
        "Command": command or "none (integrad was called as a library)",
        "Data": f"{record.get('data', 'unknown')}, sha256 {record.get('data_sha256', 'unknown')}",
        "Training": _training_text(record),
        "Weights": f"CRC-32 {model.network.weights_crc():08x}",
        "Learns": _learning_text(plan),
    }
    return [line for label, text in texts.items() for line in _labelled(label, text)]


def class_lines(names: list[str]) -> list[str]:
    """The names of the classes in the order of their scores."""
    shown = ", ".join(names[:SHOWN_CLASSES]) + (", ..." if len(names) > SHOWN_CLASSES else "")
    return textwrap.wrap(comment_text(shown), COLUMNS)


def _training_text(record: dict) -> str:
    """The record of the training as text; its contents are not trusted."""
    parts = [str(record.get("model_spec", "a network"))]
    if isinstance(epochs := record.get("epochs"), int):
        parts.append(f"{epochs} epochs")
    if isinstance(seed := record.get("seed"), int):
        parts.append(f"seed {seed}")
    accuracy, samples = record.get("test_accuracy"), record.get("test_samples")
    if isinstance(accuracy, float) and isinstance(samples, int):
        parts.append(f"accuracy {accuracy:.2%} on {samples:,} test samples")
    return ", ".join(parts)


def _learning_text(plan: Plan) -> str:
    if not plan.batch:
        return "nothing; inference only"
    blocks = ", ".join(block.name for block in plan.learning_blocks)
    return f"{blocks + ' and ' if blocks else ''}the output layer, in batches of up to {plan.batch}"


def _labelled(label: str, text: str) -> list[str]:
    opening = f"{label + ':':<{LABEL}}"
    return textwrap.wrap(
        comment_text(text),
        COLUMNS,
        initial_indent=opening,
        subsequent_indent=" " * LABEL,
        break_on_hyphens=False,
    )


def comment_text(text: str) -> str:
    """Text that is safe inside a C comment: one line, printable, no comment marks, no trigraphs."""
    # A backslash could join lines; what replaces it may become part of a mark, so it is replaced first.
    line = "".join(c if c.isprintable() else " " for c in text).replace("\\", "/")
    return re.sub(r"\*(?=/)|/(?=\*)|\?(?=\?)", r"\g<0> ", line)
