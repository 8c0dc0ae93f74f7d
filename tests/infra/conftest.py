from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from infra.synth import synthesized, template
from infra_template import Template

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def stack() -> Template:
    """The template for AWS, with layers of the packages installed here; npm is asked once, for the console's."""
    return Template(template(synthesized(wheels="installed")))


@pytest.fixture(scope="session")
def workflow() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "infra" / "workflows" / "convert_dataset.asl.json").read_text())
    return loaded
