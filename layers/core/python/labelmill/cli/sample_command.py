"""``labelmill sample``."""

from __future__ import annotations

from pathlib import Path

import click

from labelmill.cli.options import workers_option


@click.command("sample")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--images", type=click.IntRange(0), default=12, show_default=True, help="How many images.")
@click.option(
    "--seed", type=click.IntRange(0), default=7, show_default=True, help="The same seed makes the same bytes."
)
@workers_option
def command(folder: Path, images: int, seed: int, workers: int) -> int:
    """Make a small dataset in FOLDER: images, masks, annotations, metadata, and an annotation map beside them."""
    from labelmill.convert.publish import publish
    from labelmill.convert.staging import PREFIX, staging_folder
    from labelmill.errors import OutputError
    from labelmill.sample import write_sample

    with staging_folder(folder) as staging:
        if any(not entry.name.startswith(PREFIX) for entry in folder.iterdir()):
            raise OutputError(f"{folder}: the folder is not empty")
        write_sample(staging / "sample", images, seed, workers=workers)
        publish(staging / "sample", folder, staging / "old", record=False)
    click.echo(f"{images} images in {folder}; its annotation map is {folder / 'map.yml'}")
    return 0
