"""Read a synthesized template: resources by type, references as text, and what each role allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


class Template:
    """A template in which every reference is written as text: ``<LogicalId.Arn>``, ``<AWS::Region>``."""

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text())
        self.outputs = {name: flat(output["Value"]) for name, output in document["Outputs"].items()}
        self.resources: dict[str, Resource] = document["Resources"]

    def of_type(self, kind: str) -> dict[str, Resource]:
        """Return the properties of all resources of a type, by logical id."""
        return {name: flat(r.get("Properties", {})) for name, r in self.resources.items() if r["Type"] == kind}

    def one(self, kind: str, beginning: str = "") -> tuple[str, Resource]:
        """Return the only resource of a type whose logical id begins so."""
        [found] = [(n, p) for n, p in self.of_type(kind).items() if n.startswith(beginning)]
        return found

    def functions(self) -> dict[str, Resource]:
        """Return the properties of the functions by the name of their folder."""
        return {
            p["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: p
            for p in self.of_type("AWS::Lambda::Function").values()
        }

    def allowed(self, role: str) -> list[Resource]:
        """Return the statements of a role's policies; a role with managed policies is refused."""
        assert "ManagedPolicyArns" not in self.of_type("AWS::IAM::Role")[role]
        statements: list[Resource] = []
        for policy in self.of_type("AWS::IAM::Policy").values():
            if f"<{role}>" in policy["Roles"]:
                statements += policy["PolicyDocument"]["Statement"]
        return statements


def flat(value: Any) -> Any:
    """Write references and joins as text, everywhere below a value."""
    match value:
        case {"Fn::Join": [separator, parts]}:
            return separator.join(flat(part) for part in parts)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Ref": name} if len(value) == 1:
            return f"<{name}>"
        case dict():
            return {key: flat(item) for key, item in value.items()}
        case list():
            return [flat(item) for item in value]
    return value


def as_list(value: Any) -> list[Any]:
    """A policy writes one action or resource without its list."""
    return value if isinstance(value, list) else [value]
