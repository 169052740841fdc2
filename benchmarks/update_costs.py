"""What the check of a signed update costs a core: flash, stack and executed instructions, as Markdown.

    python benchmarks/update_costs.py --cores m0,m4
    python benchmarks/update_costs.py --monocypher FOLDER    also with monocypher.c from there

The library is that of the package ed25519-orlp; its SHA-512 serves Monocypher too, whose main file contains
all but this hash.
"""

import argparse
import struct
import tempfile
from importlib.resources import files
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrad.build.firmware import build_firmware
from integrad.build.toolchain import DEVICE
from integrad.emulate.runner import run
from integrad.targets.cores import get_core

PROGRAM = """
#include "region.h"
#include "store/update.h"
#include "transport.h"

int verify_update(const uint8_t *signature, const uint8_t *message, size_t size, const uint8_t *public_key);

static uint8_t bytes[32 + INTEGRAD_UPDATE_BYTES(%(size)d)];

int main(void) {
    const integrad_store_content content = {1, 2, %(size)d};
    const integrad_update_key key = {verify_update, bytes};
    integrad_update update = {NULL, 0};
    if (integrad_read(bytes, sizeof bytes) != 0) {
        return 1;
    }
    integrad_region_begin();
    const int result = integrad_update_check(&update, bytes + 32, sizeof bytes - 32, &content, &key);
    integrad_region_end();
    const uint32_t found[] = {(uint32_t)result, update.version, integrad_stack_peak()};
    return integrad_write(found, sizeof found);
}
"""
NOTHING = """
#include <stddef.h>
#include <stdint.h>
int verify_update(const uint8_t *signature, const uint8_t *message, size_t size, const uint8_t *public_key);
int verify_update(const uint8_t *signature, const uint8_t *message, size_t size, const uint8_t *public_key) {
    (void)signature, (void)message, (void)size, (void)public_key;
    return 1;
}
"""
ORLP = """
#include <stdint.h>
#include "ed25519.h"
int verify_update(const uint8_t *signature, const uint8_t *message, size_t size, const uint8_t *public_key) {
    return ed25519_verify(signature, message, size, public_key);
}
"""
MONOCYPHER = """
#include <stddef.h>
#include "sha512.h"
#include "monocypher.h"
int verify_update(const uint8_t *signature, const uint8_t *message, size_t size, const uint8_t *public_key) {
    uint8_t hash[64], reduced[32];
    sha512_context context;
    sha512_init(&context);
    sha512_update(&context, signature, 32);
    sha512_update(&context, public_key, 32);
    sha512_update(&context, message, size);
    sha512_final(&context, hash);
    crypto_eddsa_reduce(reduced, hash);
    return crypto_eddsa_check_equation(signature, public_key, reduced) == 0;
}
"""
ORLP_FOLDER = Path(str(files("ed25519_orlp") / "csrc"))
ORLP_FILES = [ORLP_FOLDER / f"{name}.c" for name in ("verify", "fe", "ge", "sc", "sha512")]
NONE = (NOTHING, [], [])
LIBRARY = (ORLP, ORLP_FILES, [ORLP_FOLDER])
"""Text of verify_update, sources, folders of headers."""

QUIET = ("conversion", "sign-conversion", "shadow", "pedantic", "missing-prototypes", "unused-function")


def measure(core, library, size, optimisation, folder):
    """(bytes of flash, bytes of stack, instructions of the check) for weights of `size` bytes.

    The update must be accepted."""
    text, sources, headers = library
    ignored = "".join(f'#pragma GCC diagnostic ignored "-W{name}"\n' for name in QUIET)
    texts = {"main": PROGRAM % {"size": size}, "verify_update": ignored + text}
    texts |= {f"library_{source.stem}": f'{ignored}#include "{source}"\n' for source in sources}
    own = []
    for name, content in texts.items():
        own.append(folder / f"{name}.c")
        own[-1].write_text(content)
    own += [DEVICE / "store/update.c", DEVICE / "store/store.c"]
    firmware = build_firmware(
        get_core(core), own, headers, folder, whole_machine=True, optimisation=optimisation
    )
    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    message = b"iUPD" + struct.pack("<7I", 1, 1, 2, size, 5, 0, 0) + bytes(i % 251 for i in range(size))
    session = key.public_key().public_bytes_raw() + message + key.sign(message)
    result = run(firmware, session)
    status, version, stack = struct.unpack("<3I", result.output)
    assert (status, version) == (0, 5)
    return firmware.sizes.flash, stack, result.regions[0].instructions


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cores", default="m0,m4,m33")
    parser.add_argument("--monocypher", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    libraries = {"ed25519-orlp": LIBRARY}
    if options.monocypher:
        folders = [ORLP_FOLDER, options.monocypher]
        libraries["Monocypher"] = (
            MONOCYPHER, [ORLP_FOLDER / "sha512.c", options.monocypher / "monocypher.c"], folders
        )  # fmt: skip
    print("| core | library | built with | flash | stack | instructions, 1 KB | per further KB |")
    print("|---|---|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for core in options.cores.split(","):
            for name, library in libraries.items():
                for level in ("-O2", "-Os"):
                    least, _, _ = measure(core, NONE, 1024, level, Path(folder))
                    flash, stack, once = measure(core, library, 1024, level, Path(folder))
                    _, _, more = measure(core, library, 9216, level, Path(folder))
                    row = (flash - least, stack, once, (more - once) // 8)
                    print(
                        f"| {core} | {name} | {level} | " + " | ".join(f"{x:,}" for x in row) + " |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
