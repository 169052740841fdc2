"""Bounds that are too loose by one step, and the tests that notice it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """pattern, a regular expression, is replaced once in a module. tests: arguments of pytest."""

    module: str
    tests: tuple[str, ...]
    what: str
    pattern: str
    replacement: str


@dataclass(frozen=True)
class Group:
    """Mutants of a module: what they do, pattern, replacement."""

    module: str
    tests: tuple[str, ...]
    mutants: tuple[tuple[str, str, str], ...]


EXTREMES = "extremes/test_extremes.py"
BOUNDS, SUMS = "unit/test_bounds.py", "unit/test_sum_bounds.py"
POCKET_TESTS = EXTREMES, "unit/test_pocket.py", "unit/test_pocket_plan.py"
BACKPROP_TESTS = (
    "unit/test_backprop_training.py::test_sums_that_could_exceed_32_bits_are_refused",
    "unit/test_backprop_training.py::test_biases_of_the_output_layer_count_as_an_input",
    EXTREMES,
    "unit/test_backprop_plan.py",
    "unit/test_backprop.py",
)

GROUPS = (
    Group(
        "integrad.arithmetic",
        (EXTREMES, BOUNDS, SUMS, "unit/test_encodings.py"),
        (
            ("inputs reach 128", "INT8_LIMIT = 127", "INT8_LIMIT = 128"),
            ("errors reach 1 less", "ERROR_LIMIT = .*", r"\g<0> - 1"),
            ("weights reach 32,640", "= 32639", "= 32640"),
            ("activations reach 1 less", r"return max\(INT8_LIMIT // alpha_inv \+ mean, .*\)", r"\g<0> - 1"),
            (
                "32-bit sums have weights of one more",
                r"INT32_LIMIT // \(input_limit \* fan_in\)",
                r"\g<0> + 1",
            ),
            ("sums of 32 bits reach 2^31", "if largest <= INT32_LIMIT", r"\g<0> + INT16_WEIGHT_LIMIT"),
            (
                "a divisor is one larger",
                r"MAX_FAN_IN = INT32_LIMIT // SCALE\n",
                r"MAX_FAN_IN = INT32_LIMIT // SCALE + 1\n",
            ),
            ("64-bit sums have one input more", "WIDE_MAX_FAN_IN = .*", r"\g<0> + 1"),
        ),
    ),
    Group(
        "integrad.network.sum_bounds",
        (SUMS, EXTREMES),
        (
            ("the check of 64-bit sums allows one more", r"self\.fan_in > WIDE_MAX_FAN_IN", r"\g<0> + 1448"),
            (
                "a layer forgets the range of its inputs",
                r"return self\.fan_in \* self\.input_limit",
                "return self.fan_in * 91",
            ),
        ),
    ),
    Group(
        "integrad.matmul",
        ("unit/test_matmul.py",),
        (
            ("a product of int8 is thought to be smaller", r"128 if a\.dtype", "1 if a.dtype"),
            ("float32 sums one more product", "FLOAT32_EXACT // largest", r"\g<0> + 1"),
            ("float32 sums one more product of int8", r"FLOAT32_EXACT // INT8_LIMIT\*\*2", r"\g<0> + 1"),
            (
                "float64 sums at its limit",
                r"(summands \* largest) < FLOAT64_EXACT",
                r"\1 <= FLOAT64_EXACT + 1",
            ),
        ),
    ),
    Group(
        "integrad_codegen.bounds",
        (BOUNDS, EXTREMES),
        (
            (
                "32 bits hold one more",
                r"bound <= INT32_LIMIT:\n        return 32",
                r"bound <= INT32_LIMIT + 1:\n        return 32",
            ),
            ("64 bits hold one more", "bound <= INT64_LIMIT", r"\g<0> + 1"),
            ("a checked sum may be larger", "(what: str, bound: int.*?if bound > INT32_LIMIT)", r"\1 + 1"),
            ("a fan-in may be larger", "if fan_in > MAX_FAN_IN", r"\g<0> + 1"),
            (
                "an error counts one class less",
                r"ERROR_LIMIT \* classes \* limit",
                "ERROR_LIMIT * (classes - 1) * limit",
            ),
            (
                "an error may be larger",
                r"(bound = ERROR_LIMIT .*\n    if bound > INT32_LIMIT)",
                r"\1 + ERROR_LIMIT * limit",
            ),
            (
                "a classifier's batch may be larger",
                r"batch \* INT8_LIMIT \* ERROR_LIMIT > INT32_LIMIT",
                r"\g<0> + INT8_LIMIT * ERROR_LIMIT",
            ),
            ("a gradient counts one term less", r"bits_for\(terms \*", "bits_for((terms - 1) *"),
            (
                "a normalisation looks at the last channel",
                r"for centre in centres\)",
                "for centre in centres[-1:])",
            ),
            (
                "a normalisation looks at high values only",
                r"max\(abs\(low - centre\), abs\(high - centre\)\)",
                "abs(high - centre)",
            ),
            ("a part of a sum is too long", "PART = 512", "PART = 519"),
        ),
    ),
    Group(
        "integrad_codegen.lowering.nitro",
        (BOUNDS, EXTREMES, SUMS),
        (
            ("a gradient of a block counts one position", r"batch \* operation\.gradient_terms", "batch"),
            (
                "a gradient of a block counts one sample",
                r"batch \* operation\.gradient_terms",
                "operation.gradient_terms",
            ),
            (
                "a pre-activation ignores its input",
                r"weights\.limit, block\.input_limit\)",
                "weights.limit, 1)",
            ),
            ("a score ignores its input", r"weights\.limit, sums\.input_limit\)", "weights.limit, 1)"),
        ),
    ),
    Group(
        "integrad_codegen.operations.conv",
        (BOUNDS,),
        (("a pooled head reaches fewer positions", "(def gradient_terms.*?return )", r"\1 0 * "),),
    ),
    Group(
        "integrad.network.pocket_blocks",
        POCKET_TESTS,
        (
            ("a sum forgets its bias", r"\(INT32_LIMIT - BIAS_LIMIT\) //", "INT32_LIMIT //"),
            (
                "pocket weights reach one more",
                r"// \(INT8_LIMIT \* fan_in\)\)",
                "// (INT8_LIMIT * fan_in) + 1)",
            ),
            ("feedback reaches one more", r"return isqrt\(12 .*", r"\g<0> + 1"),
            ("pocket errors reach 1 less", "ERROR_LIMIT = .*", r"\g<0> - 1"),
        ),
    ),
    Group(
        "integrad.learners.pocket",
        POCKET_TESTS,
        (
            ("a delta counts one class less", r"ERROR_LIMIT \* classes", "ERROR_LIMIT * (classes - 1)"),
            ("a pocket batch has one sample more", r"return INT32_LIMIT // \(.*", r"\g<0> + 1"),
            ("a pocket batch is not checked", "if batch_size > most", r"\g<0> + 1"),
        ),
    ),
    Group(
        "integrad_codegen.lowering.pocket",
        POCKET_TESTS,
        (
            ("generated code forgets the bias", r" \+ operation\.bias_limit", ""),
            ("generated code counts one sample", r"batch \* INT8_LIMIT \* delta", "INT8_LIMIT * delta"),
        ),
    ),
    Group(
        "integrad.network.backprop_blocks",
        (*BACKPROP_TESTS, "unit/test_parameter.py"),
        (
            ("a sum has one product more", "MAX_SUMMANDS = .*", r"\g<0> + 1"),
            ("shifts reach 31", "MAX_SHIFT = 30", "MAX_SHIFT = 31"),
            ("masters reach one more", r"MASTER_LIMIT = 256 \* INT8_LIMIT", r"\g<0> + 128"),
        ),
    ),
    Group(
        "integrad.learners.backprop",
        BACKPROP_TESTS,
        (
            ("a batch has one sample more", r"return MAX_SUMMANDS // max\(.*\)", r"\g<0> + 1"),
            ("a batch is not checked", r"if batch_size > \(most := largest_batch\(layers\)\)", r"\g<0> + 1"),
        ),
    ),
    Group(
        "integrad.network.layer_types.backprop_dense",
        BACKPROP_TESTS,
        (("a dense layer forgets its bias", r"MAX_SUMMANDS - layer\.get\(BIAS, False\)", "MAX_SUMMANDS"),),
    ),
    Group(
        "integrad.network.layer_types.backprop_conv",
        BACKPROP_TESTS,
        (
            ("a convolution forgets its bias", r"MAX_SUMMANDS - layer\.get\(BIAS, False\)", "MAX_SUMMANDS"),
            ("a convolution has one product too many", "if summands > MAX_SUMMANDS", r"\g<0> + 1"),
        ),
    ),
    Group(
        "integrad_codegen.lowering.backprop_layers",
        BACKPROP_TESTS,
        (
            ("an output is not checked", r"PRODUCT \* operation\.summands", "PRODUCT"),
            ("an error is not checked", r"PRODUCT \* operation\.fan_out", "PRODUCT"),
            (
                "a gradient counts one sample",
                r"batch \* operation\.gradient_terms",
                "operation.gradient_terms",
            ),
        ),
    ),
    Group(
        "integrad.learners.backprop_loss",
        BACKPROP_TESTS,
        (
            ("an error is not clipped to 2047", r"ONE - 1\)", "ONE)"),
            ("scores are shifted too far", "LARGEST_SHIFT = 20", "LARGEST_SHIFT = 24"),
            ("one octave more counts", "OCTAVES = 10", "OCTAVES = 11"),
            ("small scores keep one bit more", "FINEST_EXPONENT = -9", "FINEST_EXPONENT = -10"),
        ),
    ),
    Group(
        "integrad.learners.backprop_update",
        BACKPROP_TESTS,
        (("steps are shifted one bit further", "LARGEST_SHIFT = 15", "LARGEST_SHIFT = 16"),),
    ),
    Group(
        "integrad_codegen.micropython.viper_memory",
        (BOUNDS,),
        (
            (
                "limbs are one bit too wide",
                r"\(INT32_LIMIT // \(2 \* terms\)\)\.bit_length\(\) - 1",
                "(INT32_LIMIT // (2 * terms)).bit_length()",
            ),
        ),
    ),
    Group(
        "integrad.engines.native.engine",
        ("parity/test_native_engine.py",),
        (
            (
                "the native engine takes wider errors",
                r"self\._largest_error\(block\) > INT32_LIMIT",
                r"\g<0> * 4",
            ),
            ("the native engine takes larger batches", ">= LARGEST_GRADIENT", ">= 4 * LARGEST_GRADIENT"),
        ),
    ),
    Group(
        "integrad.engines.torch.carriers",
        ("unit/test_torch_engine.py",),
        (("Torch sums one more product of int8", "INT8_TERMS = .*", r"\g<0> + 1"),),
    ),
)

MUTANTS = [Mutant(group.module, group.tests, *mutant) for group in GROUPS for mutant in group.mutants]

SHORT = "32-bit sums have weights of one more", "a sum forgets its bias", "a sum has one product more"
"""One of each learner."""
