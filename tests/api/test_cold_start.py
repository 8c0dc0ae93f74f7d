"""What a cold start of the API's function costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {
    "numpy",
    "PIL",
    "yaml",
    "boto3",
    "cryptography",
    "zlib_ng",
    "labelmill.maps",
    "labelmill.convert.job",
}
MOST_S = 0.4
TRIES = 10
CODE = """
import importlib.util, json, sys, time
began = time.process_time()
spec = importlib.util.spec_from_file_location("handler", "functions/api/handler.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
module.api()
print(json.dumps([time.process_time() - began, [name for name in sys.argv[1:] if name in sys.modules]]))
"""


def test_import_is_quick_and_loads_little() -> None:
    """Of the processor's time, which other processes disturb less; the best of some, as only noise makes it more."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "layers/core/python"),
    }
    best = 10.0
    for _ in range(TRIES):
        done = subprocess.run(
            [sys.executable, "-c", CODE, *HEAVY], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        taken, loaded = json.loads(done.stdout)
        assert loaded == []
        best = min(best, taken)
        if best < MOST_S:
            break
    assert best < MOST_S
