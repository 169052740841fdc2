"""integrad update: signed updates of the weights of a program."""

from __future__ import annotations

import click

from integrad.boards.signatures import new_key, public_bytes, write_private
from integrad.boards.signed_update import (
    LAST_VERSION,
    Update,
    make_update,
    read_update,
    require_program,
    signed_image,
)
from integrad.cli.json_output import console_for, json_option, write_json
from integrad.cli.output_files import InputFile, OutputFile
from integrad.errors import IntegradError
from integrad.files import read_bounded, write_together
from integrad.model_file import load_model

MOST_BYTES = 2**30
PUBLIC, HEADER = ".pub", ".h"

C_KEY = """\
#ifndef UPDATE_PUBLIC_KEY_H
#define UPDATE_PUBLIC_KEY_H

#include <stdint.h>

/* The Ed25519 public key with which signed updates are verified. */
static const uint8_t update_public_key[32] = {{
{rows}
}};

#endif
"""


@click.group()
def update():
    """Sign updates of the weights of a program in C, and check them.

    The program installs an update only if it was signed with the right key, belongs to the program and is
    later than all updates before. docs/security.md says what this protects.

    \b
    Example:
      integrad update keygen --out wand.key
      integrad update sign new.model --for wand.model --learn all --version 1 --key wand.key --out wand.update
    """


@update.command()
@click.option(
    "--out",
    required=True,
    metavar="FILE",
    type=OutputFile(PUBLIC, HEADER),
    help="The private key to write; FILE.pub and FILE.h get the public key, as PEM and as C.",
)
@json_option
def keygen(out, json_path):
    """Make a key for signing updates.

    Whoever has the private key can sign updates: it stays on the computer that signs. The public key in
    FILE.h is compiled into the program.

    \b
    Example:
      integrad update keygen --out wand.key
    """
    console = console_for(json_path)
    private, public = new_key()
    data = public_bytes(public, out + PUBLIC)
    lines = [", ".join(f"0x{byte:02x}" for byte in data[at : at + 8]) for at in range(0, 32, 8)]
    rows = ",\n".join(f"    {line}" for line in lines)
    write_private(out, private)
    write_together({out + PUBLIC: public, out + HEADER: C_KEY.format(rows=rows).encode()})
    console.print(f"wrote {out} (private), {out}{PUBLIC} and {out}{HEADER}", markup=False)
    write_json(json_path, {"file": out, "public_key": data.hex()})


@update.command()
@click.argument("model", metavar="MODEL")
@click.option(
    "--for",
    "exported",
    required=True,
    metavar="MODEL",
    type=InputFile(),
    help="The model that the program was exported from.",
)
@click.option(
    "--learn",
    required=True,
    metavar="output|last:K|all",
    help="Layers that learn in the program, as given to `integrad export`.",
)
@click.option(
    "--version",
    required=True,
    metavar="N",
    type=click.IntRange(1, LAST_VERSION),
    help="Later than all updates before: a program never installs the same or an earlier one.",
)
@click.option("--key", required=True, metavar="FILE", type=InputFile(), help="The private key.")
@click.option("--out", required=True, metavar="FILE", type=OutputFile(), help="The update to write.")
@json_option
def sign(model, exported, learn, version, key, out, json_path):
    """Sign the weights of MODEL as an update of a program.

    \b
    Example:
      integrad update sign new.model --for wand.model --learn all --version 1 --key wand.key --out wand.update
    """
    console = console_for(json_path)
    made = make_update(load_model(model), load_model(exported), learn, version)
    image = signed_image(made, key)
    write_together({out: image})
    console.print(f"wrote {out}: version {version}, {len(image):,} bytes", markup=False)
    write_json(json_path, {"file": out, "bytes": len(image), **_result(made)})


@update.command()
@click.argument("image", metavar="UPDATE")
@click.option("--key", required=True, metavar="FILE", type=InputFile(), help="The public key.")
@click.option(
    "--for",
    "exported",
    metavar="MODEL",
    type=InputFile(),
    help="Also check that it is for a program that was exported from this model.",
)
@click.option(
    "--newer-than",
    metavar="N",
    type=click.IntRange(0, LAST_VERSION),
    help="Also check that its version is later than this one.",
)
@json_option
def check(image, key, exported, newer_than, json_path):
    """Check the signature of UPDATE, as the program does before it installs it. The exit status is 1 if the
    program would refuse it.

    \b
    Example:
      integrad update check wand.update --key wand.key.pub --for wand.model --newer-than 0
    """
    console = console_for(json_path)
    found = read_update(read_bounded(image, MOST_BYTES, "an update"), key, image)
    result = {"file": image, **_result(found), "learn": None}
    if exported:
        result["learn"] = require_program(found, load_model(exported), image)
        console.print(f"{image}: for {exported}, exported with --learn {result['learn']}", markup=False)
    if newer_than is not None and found.version <= newer_than:
        raise IntegradError(f"{image}: version {found.version}, not later than {newer_than}")
    console.print(
        f"{image}: signed with the key of {key}; version {found.version}, model {found.model:08x}, "
        f"layout {found.layout:08x}",
        markup=False,
    )
    write_json(json_path, result)


def _result(found: Update) -> dict:
    return {
        "version": found.version,
        "model_crc": f"{found.model:08x}",
        "layout_crc": f"{found.layout:08x}",
        "weights_bytes": len(found.weights),
    }
