"""The native engine's C as other processors, sanitizers and mistakes build it, compared with NumPy."""

import re

import backprop_sessions
import engine_sessions
import pytest
from engine_sessions import compare
from executors import DifferenceError
from native_builds import PORTABLE, QUICK, SANITIZED, VARIANTS, build, open_build, run_sanitized
from native_divisions import compare_divisions

from integrad.engines.native.library import read_sources
from integrad.engines.native.table import NATIVE_ENGINES

SESSIONS = engine_sessions.SESSIONS | backprop_sessions.SESSIONS


def compare_all(library, sessions=SESSIONS):
    for session in sessions.values():
        compare(session, lambda network: NATIVE_ENGINES[network.learner](network, 1, library))


@pytest.mark.parametrize("name", VARIANTS)
def test_other_processors_get_the_same_bits(name, tmp_path):
    library = open_build(tmp_path, VARIANTS[name])
    assert name.startswith(library.integrad_description().decode())
    compare_all(library)
    compare_divisions(library)


def test_no_access_outside_an_array_and_no_undefined_behaviour(tmp_path):
    result = run_sanitized(build(tmp_path, SANITIZED), SESSIONS)
    assert result.returncode == 0 and "all sessions are equal" in result.stdout, result.stderr[:3000]


@pytest.mark.parametrize("processor", ["skylake-avx512", "icelake-server"])
def test_what_is_vectorised_compiles_for_processors_with_avx512(processor, tmp_path):
    others = ("blocks.c", "classifiers.c", "patches.c", "pools.c", "step.c", "workspace.c")
    others += tuple(f"backprop_{name}.c" for name in ("buffers", "conv", "loss", "maps", "pools", "step"))
    sources = {name: text for name, text in read_sources().items() if name not in others}
    warnings = ("-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror")
    build(tmp_path, (*QUICK, "-O0", f"-march={processor}", *warnings), sources)


def test_the_sanitizers_notice_a_row_that_is_too_short(tmp_path):
    sources = read_sources()
    text = sources["workspace.c"].replace(b"allocate((r.wide + 1)", b"allocate((r.wide - LANES * 2)")
    assert text != sources["workspace.c"]
    library = build(tmp_path, SANITIZED, sources | {"workspace.c": text})
    result = run_sanitized(library, ["maps"])
    assert result.returncode != 0 and "heap-buffer-overflow" in result.stderr


MISTAKES = {
    "the update rounds": ("rounding.h", r"__builtin_copysign\(0\.5, a\)\) \* inverse", "0) * inverse"),
    "decay and short gradients round": ("rounding.h", r"__builtin_copysignf\(0\.5f, \(float\)a\)\)", "0)"),
    "long gradients are short": ("rounding.h", r"SHORT = 1 << 20", "SHORT = 1 << 26"),
    "the leak floors": ("rounding.h", r"s < 0 \? leaked", "s < 0 ? leaked - (delta < 0)"),
    "a unit at +127 learns": ("rounding.h", r"s >= 127 \? 0 : ", ""),
    "NITRO-ReLU floors": ("rounding.h", r"-\(\(-s \* reciprocal\) >> 16\)", "(s * reciprocal) >> 16"),
    "the third digit is lost": ("gradients.c", r"digits - 1 \? rest", "digits - 1 ? rest * (index < 2)"),
    "a digit weighs half": ("gradients.c", r"weight \*= 1 << DIGIT_BITS", "weight *= 1 << (DIGIT_BITS - 1)"),
    "a lane sums too much": ("gradients.c", r"PRODUCTS = 512", "PRODUCTS = 4096"),
    "a lane of wide sums does": ("tiles.h", r"WIDE_STEPS = 256", "WIDE_STEPS = 260"),
    "a step is cut too early": ("gradients.c", r"2\.0 \* limit", "1.0 * limit"),
    "short gradients do not decay": ("gradients.c", r"- less, (limit\);\n +}\n +return)", r", \1"),
    "what decays is skipped": ("gradients.c", r"!decays && ", ""),
    "the padding never wins": ("pools.c", r"from\[c\] & mask;\n +cell", "inside ? from[c] : -128; cell"),
    "the last of equals wins": ("pools.c", r"candidate > value\[c\] \? here", "candidate >= value[c] ? here"),
    "a head learns first": ("blocks.c", r"(errors_of_features\(w->[^;]*;)\s+(learn_class[^;]*;)", r"\2 \1"),
    "a share floors": ("blocks.c", r"share = (delta / \([^;]*\));", r"share = \1 - (delta < 0);"),
    "all groups see the first": ("blocks.c", r"x \+ \(size_t\)g \* \(size_t\)part\.channels", "x"),
    "all groups have the first's weights": ("groups.h", r"s->weights \+ before", "s->weights"),
    "a channel learns from another": ("depthwise.c", r"patch \+ o;", "patch;"),
    "the last tap counts twice": ("depthwise.c", r"\? weights\[1\] : 0", "? weights[1] : a[c]"),
    "the last maximum counts": ("step.c", r"logits\[g\] > logits\[best\]", "logits[g] >= logits[best]"),
    "sums are floored": ("backprop_requantise.c", r"sums\[i\]\) \+ half\)", "sums[i]))"),
    "all errors count for the maximum": (
        "backprop_requantise.c", r"x\[at \+ i\] > 0 \? (sums\[at \+ i\]) : 0", r"\1"
    ),
    "odd shifts round like even ones": ("backprop_rounding.h", r" << \(shift & 1\)", ""),
    "the leak floors in backpropagation": ("backprop_rounding.h", r"a < 0 \? leak - 1 : 0", "0"),
    "the last maximum learns, too": ("backprop_pools.c", r"pending &= ~hit;", ""),
    "a share floors in backpropagation": (
        "backprop_pools.c", r"share\[c\] = ([^;]*);", r"share[c] = \1; share[c] -= error[c] < 0;"
    ),
    "a fraction is not signed": ("backprop_update.c", r"master \+ FRACTION / 2\)", "master)"),
    "a bias is halved": ("backprop_model.h", r"BIAS_INPUT = 64", "BIAS_INPUT = 32"),
    "biases have no part in the maximum": (
        "backprop_update.c", r"l->bias != NULL \? (largest_of.*) : ", r""
    ),
    "a shift shrinks too early": ("backprop_update.c", r"own >= \*shift", "own > *shift"),
    "steps have a bit more": ("backprop_update.c", r"MASTER_STEP_BITS = 11", "MASTER_STEP_BITS = 12"),
    "kernels are not mirrored": (
        "backprop_maps.c", r"j = l->kernel_width - 1; j >= 0; j--", "j = 0; j < l->kernel_width; j++"
    ),
    "strides are ignored": ("backprop_maps.c", r"j \* l->stride_width \+ left", "j + left"),
    "an odd error is lost": (
        "backprop_sparse.c", r"e\[0\]\.patch, 0\};\n\s+count\+\+;", "e[0].patch, 0}; count--;"
    ),
    "errors have the features' order": ("backprop_step.c", r"i > first && is_flattened", "0 && is_flattened"),
    "the label has no error": ("backprop_loss.c", r"fine\[label\] -= sum", "fine[label] -= 0"),
    "far scores have a probability": ("backprop_loss.c", r"OCTAVES = 10", "OCTAVES = 11"),
    "small scores are not rounded": ("backprop_loss.c", r"-exponent - LARGEST_SMALL", "0"),
}  # fmt: skip
"""What is wrong → (file, pattern, replacement)."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_the_c_is_noticed(mistake, tmp_path):
    name, pattern, replacement = MISTAKES[mistake]
    sources = read_sources()
    text, count = re.subn(pattern, replacement, sources[name].decode())
    assert count, f"{pattern} does not stand in {name} any more"
    library = open_build(tmp_path, PORTABLE, sources | {name: text.encode()})
    module = backprop_sessions if name.startswith("backprop_") else engine_sessions
    with pytest.raises(DifferenceError):
        compare_all(library, module.SESSIONS)
        compare_divisions(library)
