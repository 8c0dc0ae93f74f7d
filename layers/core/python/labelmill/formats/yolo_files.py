"""The files that YOLO's detection and segmentation formats share."""

from __future__ import annotations

from labelmill.formats.base import Context, Output, refuse_control_characters


def check_classes(title: str, context: Context) -> None:
    """Refuse class names that can't stand on a line of ``classes.txt``."""
    refuse_control_characters(title, context.categories)


def label_folder(split: str) -> str:
    """The folder of the label file of an image of a split."""
    return f"labels/{split}" if split else "labels"


def write_class_files(context: Context, output: Output) -> None:
    """``classes.txt`` and ``data.yaml``, both in index order."""
    import yaml

    names = [category.name for category in context.categories]
    output.write("classes.txt", ["".join(f"{name}\n" for name in names).encode()])
    # trainers refuse a file without "val", so that an undivided dataset is validated on itself
    splits = {"train": "images", "val": "images"}
    if context.splits is not None:
        splits = {name: f"images/{name}" for name in context.splits.names}
    data = {"path": ".", **splits, "names": dict(enumerate(names))}
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1_000_000)
    output.write("data.yaml", [text.encode()])
