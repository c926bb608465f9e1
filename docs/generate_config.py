"""Write docs/config.md from the package: python docs/generate_config.py"""

from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

from latflow.runs import config_reference  # noqa: E402

Path(__file__).with_name("config.md").write_text(config_reference(), encoding="utf-8")
