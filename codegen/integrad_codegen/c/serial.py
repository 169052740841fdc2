"""Plan and templates → the files by which a model speaks the serial protocol: PREFIX_serial.h and .c, and
what all models share of it."""

from __future__ import annotations

import numpy as np

from integrad import __version__
from integrad.model_file import Model
from integrad_codegen.c.module import c_environment
from integrad_codegen.c.runtime import serial_files
from integrad_codegen.plan import Plan

LONGEST_NAME = 64
"""Characters of the name that the device tells."""


def emit_serial(model: Model, plan: Plan) -> dict[str, str]:
    """Path → text, to be added to the files of emit_c()."""
    p, upper = plan.prefix, plan.prefix.upper()
    own = {name: value for name, value in plan.constants.items() if model.constants.get(name) != value}
    memory = f"{p}_serial_scratch *scratch"
    weights = [f"{p}_weights *weights", f"{p}_weights *spare", memory]
    if not plan.batch:
        weights = [f"const {p}_weights *weights", memory]
    serial = f"{p}_serial *serial"
    context = {
        "p": p,
        "P": upper,
        "plan": plan,
        "version": __version__,
        "text_name": p[:LONGEST_NAME],
        "options": " ".join(f"{name}={value}" for name, value in own.items()),
        "is_signed": int(np.issubdtype(model.preprocessing.raw_dtype, np.signedinteger)),
        "start_parameters": [serial, *weights, "const integrad_serial_port *port"],
        "announce_parameters": [serial, "int predicted", f"const int8_t scores[{upper}_CLASSES]"],
        "report_parameters": [serial, f"const {p}_raw sample[{upper}_INPUTS]", "int label"],
    }
    environment = c_environment()
    texts = {
        f"{p}_{name}": environment.get_template(f"{name}.jinja").render(**context)
        for name in ("serial.h", "serial.c")
    }
    return texts | serial_files()
