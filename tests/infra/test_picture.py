"""The README's picture of the cloud is what is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.picture import WORKFLOW, picture
from infra_template import Template

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_shows_this_template(stack: Template) -> None:
    resources: dict[str, Any] = stack.resources
    shown = README.read_text().split("```mermaid\n")[1].split("```")[0]
    assert shown == picture(resources, json.loads(WORKFLOW.read_text())) + "\n", "run: python -m infra.picture"
