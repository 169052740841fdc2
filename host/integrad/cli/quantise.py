"""integrad quantise: turn the weights of a float network into a model that goes on learning in integers."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import InputFile, OutputFile
from integrad.cli.table_options import table_options
from integrad.datasets import TableOptions, load_dataset
from integrad.errors import UsageError
from integrad.model_file import save_model
from integrad.quantisation import USUAL_LOSS, InputScaling, Quantised, read_weights
from integrad.quantisation import quantise as quantise_weights
from integrad.quantisation.assignment import Reading
from integrad.quantisation.weight_layout import FLATTENINGS, LAYOUTS
from integrad.training.training_run import Score


@click.command()
@click.argument("weights", metavar="WEIGHTS")
@click.option(
    "--like",
    "spec",
    required=True,
    metavar="SPEC",
    type=InputFile(),
    help="The network, as for train --model.",
)
@click.option(
    "--data",
    required=True,
    metavar="DATA",
    type=InputFile(),
    help="Data set that the network was trained on. Training samples determine shifts and exponents, the "
    "others are classified before and after.",
)
@click.option("--out", required=True, metavar="MODEL", type=OutputFile(), help="Model file to write.")
@click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    help="Axes of the arrays: torch, (units, inputs) and (out, in, height, width); keras, (inputs, units) "
    "and (height, width, in, out). [default: what the shapes say]",
)
@click.option(
    "--flatten",
    "flattening",
    type=click.Choice(FLATTENINGS),
    help="Order in which maps were flattened before a dense layer. [default: chw for torch, hwc for keras]",
)
@click.option(
    "--arrays",
    metavar="NAME,NAME,…",
    help="The arrays of weights in the order of the layers, biases after the weights of their layer. "
    "[default: block1.weights, …, output.weights, or in the order of the file]",
)
@click.option(
    "--input-mean",
    metavar="M[,M…]",
    help="The float network was trained on (value - M) / D, in the units of DATA; one number, or one per "
    "channel. [default: array input.mean of WEIGHTS, or 0 if D is given]",
)
@click.option(
    "--input-divisor",
    metavar="D[,D…]",
    help="See --input-mean. [default: array input.divisor, or 1 if M is given; without any of them, the "
    "float network was trained on the int8 inputs of integrad divided by 64]",
)
@click.option(
    "--leak",
    type=int,
    metavar="N",
    help="Negative activations are divided by N: 2, 4, 8 or 16; 0 for ReLU. [default: 0]",
)
@click.option(
    "--encoding",
    metavar="int8|int16-master",
    help="Weights: 8 bits each, or 16 of which inference needs 8. [default: int8]",
)
@click.option(
    "--loss",
    type=click.Choice(("cross-entropy", "squared")),
    default=USUAL_LOSS,
    show_default=True,
    help="Loss with which the float network was trained and the model goes on learning.",
)
@click.option(
    "--holdout",
    "holdouts",
    multiple=True,
    metavar="KEY=VALUE",
    help="Samples that are not used for calibration. They are the test set if the data has none. Repeatable.",
)
@click.option(
    "--validation",
    type=click.IntRange(0, 90),
    default=10,
    show_default=True,
    metavar="PERCENT",
    help="Share of the training samples in the validation set; whole groups if the data has groups.",
)
@click.option(
    "--validation-by-class",
    is_flag=True,
    help="Draw the validation samples from each class instead of by group.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N", help="Of the split."
)
@click.option("--axes", metavar="AXES", help="Layout of a sample, as for train. [default: detected]")
@table_options()
@json_option
def quantise(
    weights,
    spec,
    data,
    out,
    layout,
    flattening,
    arrays,
    input_mean,
    input_divisor,
    leak,
    encoding,
    loss,
    holdouts,
    validation,
    validation_by_class,
    seed,
    axes,
    label,
    group,
    drop,
    json_path,
):
    """Quantise a network that was trained in floating point to 8-bit weights.

    WEIGHTS is an .npz or .safetensors file with the weights of each layer, and with the biases of those that
    have any. The model learns by integer backpropagation from then on: export, emulate --tune and verify work
    as with a trained one. See docs/quantise.md.

    \b
    Example:
      integrad quantise float.npz --like mlp:64 --data digits.npz --input-divisor 255 --out digits.model
    """
    console = console_for(json_path)
    scaling = _scaling(input_mean, input_divisor)
    order = None if arrays is None else [name.strip() for name in arrays.split(",")]
    found = read_weights(weights)
    dataset = load_dataset(data, axes, TableOptions(label, group, drop))
    given = {"leak": leak, "encoding": encoding}
    result = quantise_weights(
        found,
        spec,
        dataset,
        source=weights,
        reading=Reading(order, layout, flattening),
        scaling=scaling,
        options={name: value for name, value in given.items() if value is not None},
        loss=loss,
        seed=seed,
        holdouts=list(holdouts),
        validation_percent=validation,
        by_class=validation_by_class,
    )
    save_model(result.model, out)
    _show(console, result, out)
    if loss == "squared" and result.squared_error > 1:
        console.print(
            f"note: the float scores have a mean squared error of {result.squared_error:.3g}, that of "
            "zeros is 1; if the network was trained with cross-entropy, use --loss cross-entropy",
            markup=False,
            soft_wrap=True,
        )
    write_json(json_path, _result(result))


def _scaling(mean: str | None, divisor: str | None) -> InputScaling | None:
    if mean is None and divisor is None:
        return None
    return InputScaling(
        (0.0,) if mean is None else _numbers("--input-mean", mean),
        (1.0,) if divisor is None else _numbers("--input-divisor", divisor),
    )


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{option} {text}: must be numbers, separated by commas") from None


def _show(console: Console, result: Quantised, out: str) -> None:
    table = Table("layer", title="Weights")
    biased = any(layer.biases for layer in result.layers)
    for name in (
        "weights",
        *(["biases"] if biased else []),
        "exponent",
        "saturated",
        "error of the sums",
        "output shift",
        "error shift",
    ):
        table.add_column(name, justify="right")
    for layer in result.layers:
        table.add_row(
            layer.name.removesuffix(".weights"),
            f"{layer.weights:,}",
            *([str(layer.biases or "")] if biased else []),
            str(layer.exponent),
            f"{layer.saturated:,}",
            f"{layer.error:.2%}",
            str(layer.output_shift),
            str(layer.error_shift),
        )
    console.print(table)
    table = Table("split", title="Accuracy before and after")
    for name in ("samples", "float", "integer"):
        table.add_column(name, justify="right")
    for name, before, after in (
        ("validation", result.validation_float, result.validation),
        ("test", result.test_float, result.test),
    ):
        table.add_row(name, f"{after.samples:,}", _percent(before), _percent(after))
    console.print(table)
    crc = f"{result.model.network.weights_crc():08x}"
    console.print(f"wrote {out}, CRC of weights {crc}", markup=False, soft_wrap=True)


def _percent(score: Score) -> str:
    return f"{score.accuracy:.2%}" if score.samples else "–"


def _result(result: Quantised) -> dict:
    return {
        "layers": [
            {
                "name": layer.name.removesuffix(".weights"),
                "weights": layer.weights,
                "biases": layer.biases,
                "exponent": layer.exponent,
                "saturated": layer.saturated,
                "error": round(layer.error, 6),
                "output_shift": layer.output_shift,
                "error_shift": layer.error_shift,
            }
            for layer in result.layers
        ],
        "float_validation_accuracy": result.validation_float.accuracy,
        "validation_accuracy": result.validation.accuracy,
        "float_test_accuracy": result.test_float.accuracy,
        "test_accuracy": result.test.accuracy,
        "weights_crc": f"{result.model.network.weights_crc():08x}",
    }
