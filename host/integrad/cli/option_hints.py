"""What to use instead of options that other tools have."""

from __future__ import annotations

import click

OTHER_NAMES = {
    "--lr": "--learning-rate-inv",
    "--learning-rate": "--learning-rate-inv",
    "--batch": "--batch-size",
    "--batchsize": "--batch-size",
    "--bs": "--batch-size",
    "-b": "--batch-size",
    "-e": "--epochs",
    "--weight-decay": "--decay-inv",
    "--val-split": "--validation",
    "--validation-split": "--validation",
    "--val": "--validation",
    "--test": "--holdout",
    "--target": "--label",
    "--target-column": "--label",
    "--labels": "--label",
    "--class": "--label",
    "--arch": "--model",
    "--network": "--model",
    "--output": "--out",
    "-o": "--out",
    "--device": "--core",
    "--mcu": "--part",
    "--chip": "--part",
    "--board": "--part",
    "--format": "--target",
    "--finetune": "--tune",
    "--samples": "--tune",
    "--random-state": "--seed",
    "--workers": "--threads",
    "--filter": "--only",
}
"""Name elsewhere → name here."""

EXPLANATIONS = {
    "--learning-rate-inv": "the divisor of the gradients, so that a larger one learns more slowly",
    "--decay-inv": "a divisor, so that a larger one decays weights less",
    "--holdout": "KEY=VALUE, the samples that are left out; or save an array `test` with the data",
}

REMARKS = {
    "--quiet": "progress is shown on standard output; redirect it, and write the result with --json FILE",
    "-q": "progress is shown on standard output; redirect it, and write the result with --json FILE",
    "--verbose": "for the traceback of an error, set INTEGRAD_DEBUG=1",
    "-v": "for the traceback of an error, set INTEGRAD_DEBUG=1",
    "--gpu": "train --engine torch uses a GPU if there is one",
    "--version": "integrad --version shows the version",
}
"""Options without a counterpart."""


def hint(error: click.NoSuchOption) -> str | None:
    """What to use instead of an option that the command does not have, or None if that is unknown."""
    name = error.option_name
    here = OTHER_NAMES.get(name)
    known = (
        {option for parameter in error.ctx.command.params for option in parameter.opts} if error.ctx else ()
    )
    if here in known:
        meaning = f", {EXPLANATIONS[here]}" if here in EXPLANATIONS else ""
        return f"no such option: {name}; use {here}{meaning}"
    return f"no such option: {name}; {REMARKS[name]}" if name in REMARKS else None
