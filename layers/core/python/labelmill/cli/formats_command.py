"""``labelmill formats``."""

from __future__ import annotations

import click

from labelmill.cli.options import json_option


@click.command("formats")
@json_option
def command(as_json: bool) -> int:
    """List the formats."""
    from labelmill.cli.show import print_json, print_table
    from labelmill.formats import formats

    if as_json:
        print_json(
            [
                {"id": spec.id, "name": spec.title, "task": spec.task, "files": spec.files, "images": spec.image_folder}
                for spec in formats().values()
            ]
        )
    else:
        rows = [(spec.id, spec.title, spec.task, ", ".join(spec.files)) for spec in formats().values()]
        print_table("", ("id", "name", "for", "files"), rows)
    return 0
