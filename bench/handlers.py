"""The functions' own files, loaded as Lambda's runtime loads them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

ROOT: Final = Path(__file__).resolve().parent.parent

Handler = Callable[[Any, Any], Any]


@cache
def handler(function: str) -> Handler:
    """What the template names as the function's handler."""
    path = ROOT / "functions" / function / "app.py"
    spec = importlib.util.spec_from_file_location(f"deployed_{function}_app", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with patch.object(sys, "dont_write_bytecode", new=True):
        spec.loader.exec_module(module)
    loaded: Handler = module.handler
    return loaded
