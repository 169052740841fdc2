"""The comparison detects small mistakes in generated kernels."""

import re
from dataclasses import dataclass

import executors
import pytest
from backprop_cases import BACKPROP, PACKED, RECOMPUTED
from campaign import Campaign
from campaign import run as run_campaign
from cases import Case
from fixed import CONV, FIXED, SUMS
from pocket_cases import POCKET

from integrad_codegen.c.kernels import needed
from integrad_codegen.c.module import write_files

PLAIN = ("gcc", "-std=c99", "-O0")
"""No sanitizers: a mistake must show in the results, not as a trap."""


@dataclass(frozen=True)
class Mistake:
    """pattern, a regular expression, is replaced wherever it stands in model.c and its kernels."""

    what: str
    case: str
    pattern: str
    replacement: str


CASES = (FIXED | SUMS | POCKET | BACKPROP | PACKED | RECOMPUTED) | {
    # So many activations that all ends of all pieces are among them.
    "pieces": Case(
        "HW",
        "uint8",
        (7, 5),
        (4,),
        (31,),
        3,
        [{"type": "pocket_dense", "units": 100, "activation": "tanh"}],
        batch=16,
        counts=(16, 16),
        schedules=((100,),),
        weights="typical",
        inputs="around the mean",
        learner="pocket",
        seed=14,
    ),
    # A dense net whose scores tie, overflow their range and lie on both sides of zero.
    "dense": Case(
        "F",
        "int8",
        (6,),
        (0, 1, -2, 0, 3, 0),
        (51, 40, 51, 60, 51, 30),
        4,
        [{"type": "dense", "units": 5, "alpha_inv": 4}, {"type": "dense", "units": 4, "alpha_inv": 3}],
        batch=6,
        counts=(6, 5),
        schedules=((3, 7, 9),),
        weights="full range",
        seed=11,
    ),
    # Unpooled and average-pooled heads; a pool on the main path.
    "maps": Case(
        "CHW",
        "int8",
        (2, 7, 7),
        (1, -1),
        (51, 40),
        3,
        [
            CONV
            | {"channels": 3, "kernel": [3, 3], "padding": [1, 1], "head_features": 60, "head_pool": "avg"},
            {"type": "max_pool", "size": [2, 2]},
            CONV | {"channels": 4, "kernel": [2, 2], "padding": [0, 0], "head_features": 99},
            {"type": "avg_pool", "size": [2, 1]},
        ],
        batch=4,
        counts=(4, 3),
        schedules=((2, 20, 30),),
        weights="full range",
        seed=12,
    ),
    # Scores around 0, many of which become the same activation.
    "maxima": Case(
        "CHW",
        "int8",
        (1, 6, 6),
        (0,),
        (51,),
        3,
        [CONV | {"channels": 4, "kernel": [3, 3], "padding": [1, 1], "head_features": 36}],
        batch=4,
        counts=(4, 4),
        schedules=((1, 0, 0),),
        weights="initial",
        seed=13,
    ),
    # Inputs are ±25 and errors -32 or 0: gradients are ±800, the divisor.
    "exact": Case(
        "T",
        "int16",
        (1,),
        (0,),
        (65535,),
        2,
        batch=1,
        counts=(1, 1, 1),
        schedules=((800, 0, 0),),
        weights="zero",
        inputs="extreme",
        seed=1,
    ),
}

MISTAKES = [
    Mistake("a linear layer skips its last input", "dense", r"i < n(?=; i\+\+\) \{\s+z)", "i + 1 < n"),
    Mistake("a dense layer widens too little", "dense", r"x, layer->inputs\)", "x, layer->inputs - 1)"),
    Mistake("a head skips its last feature", "dense", r"(head1_layer = \{\s+)5,", r"\g<1>5 - 1,"),
    Mistake("the last class is 0", "dense", r"outs; o\+\+", "outs - (outs == 4); o++"),
    Mistake(
        "a batch skips its last sample", "dense", r"\bb < count(?=; b\+\+\) \{\s+gradient)", "b + 1 < count"
    ),
    Mistake(
        "a last row does not learn", "dense", r"left < step->rows \? left :", "left < step->rows ? left - 1 :"
    ),
    Mistake("inputs saturate at 126", "dense", r"INT8_LIMIT = 127", "INT8_LIMIT = 126"),
    Mistake("scores saturate at 126", "dense", r"scale, 127\)", "scale, 126)"),
    Mistake(
        "int8 saturates at -128", "dense", r"value < -limit \? -limit", "value < -limit - 1 ? -limit - 1"
    ),
    Mistake(
        "weights saturate one too high",
        "dense",
        r"(block1_layer = \{[^}]*?)(\d+)(\s+/\* largest weight)",
        r"\1 \2 + 1\3",
    ),
    Mistake("the target is 31", "dense", r"INTEGRAD_TARGET = 32", "INTEGRAD_TARGET = 31"),
    Mistake(
        "the last of equal scores wins", "dense", r"scores\[k\] > scores\[best\]", "scores[k] >= scores[best]"
    ),
    Mistake(
        "a layer's scale floors",
        "dense",
        r"clip\(z / scale,",
        r"clip(z / scale - (z % scale < 0),",
    ),
    Mistake(
        "NITRO-ReLU floors",
        "dense",
        r"return \(s < 0 \? integrad_slope\(s, relu->alpha_inv\) : s\)",
        "return (s < 0 ? integrad_slope(s, relu->alpha_inv) - (s % relu->alpha_inv < 0) : s)",
    ),
    Mistake("the gradient passes a unit at +127", "dense", r"if \(s >= 127\)", "if (s > 127)"),
    Mistake(
        "the gradient stops at -127",
        "dense",
        r"if \(s >= 127\)",
        "if (s >= 127 || s <= -127)",
    ),
    Mistake(
        "the update floors",
        "dense",
        r"gradient / descent->divisor,",
        "(gradient / descent->divisor - (gradient % descent->divisor < 0)),",
    ),
    Mistake(
        "a gradient of exactly the divisor is lost",
        "exact",
        r"gradient >= descent->divisor \|\|",
        "gradient > descent->divisor ||",
    ),
    Mistake(
        "decay floors",
        "dense",
        r"updated -= w / descent->decay_inv",
        "updated -= w / descent->decay_inv - (w < 0)",
    ),
    Mistake(
        "decay is taken from the updated weight",
        "dense",
        r"updated -= w / descent",
        "updated -= updated / descent",
    ),
    Mistake("heads decay as blocks do", "dense", r"= schedule->head_decay_inv;", "= schedule->decay_inv;"),
    Mistake("blocks learn as fast as heads", "dense", r"AMPLIFICATION = \d+", "AMPLIFICATION = 1"),
    Mistake(
        "the head is updated before its block",
        "dense",
        r"( +integrad_dense_learn\w*\(weights->block1[^;]*;\n)( +integrad_classifier_learn\([^;]*;\n)",
        r"\2\1",
    ),
    Mistake(
        "the input's division floors",
        "dense",
        r"(scaled = )(.*INPUT_SPREAD) / (deviation\[c\]);",
        r"\1\2 / \3 - (\2 % \3 < 0);",
    ),
    Mistake("the spread of an input is 52", "dense", r"INPUT_SPREAD = 51", "INPUT_SPREAD = 52"),
    Mistake(
        "the first maximum does not win",
        "maxima",
        r"value \* relu->alpha_inv - \(relu->alpha_inv - 1\)",
        "value * relu->alpha_inv",
    ),
    Mistake("padding never wins", "cnn", r"best < 0 && !whole \? 0 : best", "best"),
    Mistake("padding of a winner is above all", "cnn", r": mean\) >= least", ": 127) >= least"),
    Mistake(
        "a padded window ends one row early", "cnn", r"size - origin : window", "size - origin - 1 : window"
    ),
    Mistake(
        "a window starts one cell late", "cnn", r"origin < 0 \? -origin : 0", "origin < 0 ? 1 - origin : 0"
    ),
    Mistake("a kernel skips its last column", "cnn", r"j < j_end", "j < j_end - (j_end > 2)"),
    Mistake(
        "a convolution forgets a channel",
        "cnn",
        r"c < shape->in_channels",
        "c + 1 < shape->in_channels",
    ),
    Mistake("every group sees the first", "grouped", r"\bx \+= inputs;", ";"),
    Mistake("every group learns from the first", "grouped", r"channel->x \+= integrad_inputs\(shape\);", ";"),
    Mistake(
        "a depthwise kernel skips its last row",
        "grouped",
        r"i < i_end(?=; i\+\+\) \{\s+const int8_t)",
        "i + 1 < i_end",
    ),
    Mistake("a stride is one", "cnn", r"2, 1,( +/\* stride)", r"1, 1,\1"),
    Mistake(
        "the gradient misses the last error",
        "maps",
        r"k < count(?=; k\+\+\) \{\s*const int row)",
        "k + 1 < count",
    ),
    Mistake("average-pooled heads spread the sum", "maps", r"\*sum\+\+ / \(lines \* columns\)", "*sum++"),
    Mistake("an average floors", "maps", r"return sum / area;", "return sum / area - (sum % area < 0);"),
    Mistake("a pool misses its last column", "maps", r"j < columns", "j + 1 < columns"),
    Mistake("sums that exceed 32 bits are cut", "wide", r"headroom -= [^;]*", "(void)delta"),
    Mistake(
        "a wide row of gradients wraps",
        "wide",
        r"(\bgradient\[cell \+ j\]) \+= (.*);",
        r"\1 = (int32_t)(\1 + \2);",
    ),
    Mistake("a part of a sum exceeds 32 bits", "sums of 64 bits", r"(PART =) 512", r"\1 520"),
    Mistake("a sum of 64 bits is cut", "sums of 64 bits", r"return z > INT32_MAX[^;]*", "return (int32_t)z"),
    Mistake("a delta is floored", "pocket", r"delta / (2|8|127);", r"delta / \1 - (delta % \1 < 0);"),
    Mistake("a delta ignores its slope", "pocket", r"delta / 8;", "delta;"),
    Mistake("a flat piece passes no delta", "pocket", r"delta / 127;", "0;"),
    Mistake(
        "a pocket sum's division floors",
        "pocket",
        r"= (\(z\[k\] \+ bias\[o \+ k\]\)) / layer->scale",
        r"= \1 / layer->scale - (\1 % layer->scale < 0)",
    ),
    Mistake("another unit's bias is added", "pocket", r"\+ bias\[o \+ k\]", "+ bias[o + together - 1 - k]"),
    Mistake("biases stay", "pocket", r"bias\[o\] = integrad_descend\([^;]*;", "(void)bias_descent;"),
    Mistake("a bias misses the first sample", "pocket", r"sum \+= \*delta;", "sum += b ? *delta : 0;"),
    Mistake("biases have the limit of weights", "pocket wide", r"\{INTEGRAD_BIAS_LIMIT,", "{layer->limit,"),
    Mistake("a piece begins one late", "pieces", r"magnitude < 75", "magnitude < 76"),
    Mistake("-127 is flat", "pieces", r"magnitude < 128", "magnitude < 127"),
    Mistake("the sigmoid floors", "pocket", r"sigmoid \? y / 2 : y;", "sigmoid ? (y + (x < 0)) / 2 : y;"),
    Mistake("the pocket target is 14", "pocket", r"POCKET_TARGET = 15", "POCKET_TARGET = 14"),
    Mistake("feedback is always the first units'", "pocket", r"feedback \+ first,", "feedback,"),
    Mistake(
        "samples are passed again once a layer has learned",
        "pocket",
        r"( +/\* All layers are passed[\s\S]*?\n    \}\n)([\s\S]*?Block1 learns[\s\S]*?;\n)",
        r"\1\2\1",
    ),
    Mistake(
        "an output shift is too large",
        "backprop",
        r"\{(\d+)(?=, [-\d, ]+\} /\* shifts)",
        r"{\1 + 1",
    ),
    Mistake(
        "an error shift is too large",
        "backprop",
        r"(\{\d+, \d+)(?=[-\d, ]+\} /\* shifts)",
        r"\1 + 1",
    ),
    Mistake(
        "an update shift is too large",
        "backprop",
        r"(\{\d+, \d+, -?\d+)(?=, \d+\} /\* shifts)",
        r"\1 + 1",
    ),
    Mistake("sums are cut instead of rounded", "backprop", r"\(size \+ half\) >> shift", "size >> shift"),
    Mistake("a tie rounds up", "backprop", r"\(fraction >> half\) > random", "(fraction >> half) >= random"),
    Mistake("odd shifts take one bit less at random", "backprop", r" << \(shift & 1\);", ";"),
    Mistake(
        "a rate is rounded up",
        "backprop",
        r"learning_rate_inv >> rate > 1",
        "(learning_rate_inv - 1) >> rate > 0",
    ),
    Mistake("no error passes a leak", "backprop", r"leak \? 0 : 7;", "7;"),
    Mistake("an output of 0 passes errors", "backprop", r"if \(y\[i\] <= 0\)", "if (y[i] < 0)"),
    Mistake("the target is 0.5", "backprop output", r"label \? 2048", "label ? 1024"),
    Mistake("a bias counts half", "backprop biased maps", r"BIAS_INPUT = 64", "BIAS_INPUT = 32"),
    Mistake("biases do not learn", "backprop biased", r" +integrad_backprop_bias_learn\(weights[^;]*;\n", ""),
    Mistake("scores are powers of 2", "backprop last", r"47274", "32768"),
    Mistake("an octave less counts", "backprop last", r"INTEGRAD_OCTAVES = 10", "INTEGRAD_OCTAVES = 9"),
    Mistake("a tile misses its last input", "backprop", r"left : layer->tile;", "left : layer->tile - 1;"),
    Mistake(
        "a layer learns before it passes its errors back",
        "backprop",
        r"( +integrad_backprop_dense_back\(block2_error[^;]*;\n +integrad_backprop_activation[^;]*;\n)"
        r"( +integrad_backprop_dense_learn[^;]*;\n)",
        r"\2\1",
    ),
    Mistake(
        "a convolution learns before it passes its errors back",
        "backprop pooled",
        r"( +integrad_backprop_conv_back\(block1_error[^;]*;\n +integrad_backprop_activation[^;]*;\n)"
        r"( +integrad_backprop_conv_learn[^;]*;\n)",
        r"\2\1",
    ),
    Mistake(
        "the last of equal outputs wins", "backprop pooled", r"upper\[1\] > maximum", "upper[1] >= maximum"
    ),
    Mistake(
        "the last of equal lines wins", "backprop pooled", r"lower\[0\] > maximum", "lower[0] >= maximum"
    ),
    Mistake(
        "the last maximum of a larger window wins",
        "backprop pooled",
        r"line\[j\] > maximum",
        "line[j] >= maximum",
    ),
    Mistake(
        "a pool passes errors to the last maximum",
        "backprop maps",
        r"x\[j\] > x\[winner\]",
        "x[j] >= x[winner]",
    ),
    Mistake(
        "an average passes all of an error to each cell",
        "backprop maps",
        r"integrad_average\(\*error\+\+, area, shift\)",
        "*error++",
    ),
    Mistake("a winner is the first of its row", "backprop pooled", r"column \* bits;", "column * 0 * bits;"),
    Mistake("a fraction does not learn", "backprop pooled", r"fraction\[i\] = [^;]*;", "(void)fraction;"),
    Mistake("masters are limited as weights are", "backprop extreme", r"step, 32512\)", "step, 32256)"),
    Mistake("groups read the first one", "backprop maps", r"(?<=\s)x \+= integrad_inputs\(shape\);", ";"),
    Mistake(
        "groups learn from the first one",
        "backprop maps",
        r"x \+= inputs;(?=\s+left = group)",
        "",
    ),
    Mistake("groups pass errors to the first one", "backprop maps", r"sums \+ g \* inputs, w", "sums, w"),
    Mistake("inputs are packed rounded down", "backprop packed maps", r"extent - half :", "extent :"),
    Mistake("thirds are cut", "backprop packed maps", r"\+ 3\) \* 10923", ") * 10923"),
    Mistake(
        "groups learn from the first packed one", "backprop packed maps", r"g \* inputs, inputs", "0, inputs"
    ),
    Mistake(
        "activations are computed again from other weights",
        "backprop recomputed",
        r"(?s)( +for [^\n]+\n +integrad_backprop_conv_forward\(block1_again,.*?\n    \}\n)",
        r"weights->block1[0][0] ^= 64;\n\1weights->block1[0][0] ^= 64;\n",
    ),
    Mistake(
        "only the last sample is computed again",
        "backprop recomputed",
        r"block3_inputs \+ b \* BLOCK2_OUTPUTS",
        "block3_inputs",
    ),
    Mistake("the sign of 0 is positive", "backprop packed maps", r"\(x\[j\] > 0\)", "(x[j] >= 0)"),
]


def sabotaged(path):
    """Whether a file is the module's own or of its kernels, in the variant that a host has."""
    return path == "model.c" or (path.startswith("integrad/") and path.count("/") == 1) or "portable" in path


def only_what_is_needed(device, texts):
    """The runtime as session-kernels.c has it, without what this model does not call: with every mistake, it
    is compiled again."""
    names = [f"integrad/{name}.c" for name in sorted(needed(device.plan))]
    files = ["integrad/backprop.h", "integrad/nitro.h", *(name for name in names if name in texts)]
    return "".join(f'#include "{file}"\n' for file in files)


def run(device, actions, texts, changed):
    """Results of the module with some texts changed, path → text; the others are written once."""
    folder = device.folder / "sabotaged"
    if not folder.exists():
        write_files(texts, folder)
    write_files(changed, folder)
    sources = [folder / path.name for path in device.sources]
    try:
        executors.compile_program(PLAIN, sources, folder, program := folder / "session")
    finally:
        write_files({path: texts[path] for path in changed}, folder)
    session = device.session(actions)
    return session.decode(executors.run_host(program, session.encode()))


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """case → (device model, texts of FILES, actions, what NumPy answers); generated once."""
    made = {}

    def generate(name):
        if name not in made:
            device = CASES[name].generate(tmp_path_factory.mktemp(name))
            actions = CASES[name].actions()
            files = [path for path in device.source_folder.rglob("*") if path.is_file()]
            texts = {str(path.relative_to(device.source_folder)): path.read_text() for path in files}
            texts["session-kernels.c"] = only_what_is_needed(device, texts)
            made[name] = device, texts, actions, device.run_numpy(actions)
        return made[name]

    return generate


@pytest.mark.parametrize("name", sorted({mistake.case for mistake in MISTAKES}))
def test_without_a_mistake_the_bits_are_equal(name, generated):
    device, texts, actions, expected = generated(name)
    executors.require_equal(CASES[name], device, expected, run(device, actions, texts, {}), "C")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what.replace(" ", "-"))
def test_a_mistake_is_noticed(mistake, generated):
    device, texts, actions, expected = generated(mistake.case)
    pattern = re.compile(mistake.pattern)
    replaced = {
        path: pattern.sub(mistake.replacement, text) for path, text in texts.items() if sabotaged(path)
    }
    changed = {path: text for path, text in replaced.items() if text != texts[path]}
    assert changed, f"{mistake.pattern} stands nowhere any more"
    found = run(device, actions, texts, changed)
    with pytest.raises(executors.DifferenceError):
        executors.require_equal(CASES[mistake.case], device, expected, found, "C")


def test_a_campaign_ends_at_the_first_difference(monkeypatch):
    """One bit of the last result, from the third case on."""
    honest, cases = executors.run_gcc, []

    def run_gcc(device, actions, optimisation):
        cases.append(1)
        *results, weights = honest(device, actions, optimisation)
        return [*results, weights[:-1] + bytes([weights[-1] ^ (len(cases) >= 3)])]

    monkeypatch.setattr(executors, "run_gcc", run_gcc)
    monkeypatch.setattr("campaign.BATCH", 5)
    campaign = Campaign(count=5, cores="none", minutes=5)
    with pytest.raises(executors.DifferenceError, match="weights differ after action"):
        run_campaign(campaign, 0)
    assert campaign.compared["cases"] == 2


def test_a_campaign_compares_as_many_cases_as_asked(monkeypatch):
    monkeypatch.setattr("campaign.BATCH", 4)
    monkeypatch.setattr(executors, "run_gcc", lambda device, actions, _: device.run_numpy(actions))
    campaign = Campaign(count=9, cores="none", minutes=5)
    run_campaign(campaign, 0)
    assert campaign.compared["cases"] == campaign.compared["C under sanitizers"] == 9
    assert campaign.compared["training steps"] > 9
