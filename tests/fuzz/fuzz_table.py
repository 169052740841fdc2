"""All fuzz targets for Python."""

import format_baseline
import format_board
import format_checkpoint
import format_csv
import format_float_weights
import format_learnt_file
import format_micropython_file
import format_model_file
import format_network_toml
import format_npz
import format_program
import format_serial
import format_session
import format_settings
import format_spec
import format_store_image
import format_update

MODULES = [
    format_model_file,
    format_checkpoint,
    format_npz,
    format_csv,
    format_network_toml,
    format_settings,
    format_baseline,
    format_spec,
    format_float_weights,
    format_store_image,
    format_learnt_file,
    format_micropython_file,
    format_update,
    format_board,
    format_serial,
    format_session,
    format_program,
]
TARGETS = {module.TARGET.name: module.TARGET for module in MODULES}
