"""What YOLO's formats share: where label files lie, the class lists, and ``data.yaml``.

Specification: Ultralytics' dataset conventions (docs.ultralytics.com/datasets/detect). How its loader reads
``data.yaml`` (``check_det_dataset``, 8.4), and what follows:

* A relative ``path`` is taken from the working folder, and without one paths are taken from the file's own folder. So
  there is none, and the folder can be moved and trained from anywhere.
* ``train`` and ``val`` are required, ``test`` is known, no other key is. Where no split bears one of these names, the
  splits are named so in their order; splits of other names beside one that does are not in it.
* A folder that is named has to exist: a split that got no image is not named. Without a ``val``, validation is done on
  the training images. Without a ``train`` nothing takes its place: a training must not start on other images.

What was done for want of something better is said in the report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labelmill.codes import Code
from labelmill.formats.base import Context, FormatWriter, Output, Part, Parts, refuse_control_characters
from labelmill.model import Sample

KEYS = ("train", "val", "test")
"""The splits that ``data.yaml`` names."""


class YoloFilesWriter(FormatWriter):
    """Base of YOLO's writers.

    Attributes:
        title: The format's name in messages.
    """

    title = ""

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._images: dict[str, int] = {}
        self.facts["images"] = self._images

    @classmethod
    def check(cls, context: Context) -> None:
        """Class names have to stand on a line of ``classes.txt``."""
        refuse_control_characters(cls.title, context.categories)

    def put_labels(self, sample: Sample, lines: bytes, part: Part) -> None:
        """The label file of an image, in its split's folder."""
        split = sample.split
        self._images[split] = self._images.get(split, 0) + 1
        part.put(f"labels/{split}" if split else "labels", f"{sample.stem}.txt", lines)

    @classmethod
    def join(cls, context: Context, parts: Parts, output: Output) -> None:
        """``classes.txt`` and ``data.yaml``, both in index order."""
        import yaml

        images: dict[str, int] = {}
        for facts in parts.facts():
            for split, count in facts["images"].items():
                images[split] = images.get(split, 0) + count
        names = [category.name for category in context.categories]
        output.write("classes.txt", ["".join(f"{name}\n" for name in names).encode()])
        data = {**_folders(context, images), "names": dict(enumerate(names))}
        text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1_000_000)
        output.write("data.yaml", [text.encode()])

    @classmethod
    def cautions(cls, context: Context, images: Mapping[str, int]) -> Iterable[tuple[Code, str]]:
        """What ``data.yaml`` can't say, or says for want of something better."""
        if not images:
            return
        folders = _folders(context, images)
        if "train" not in folders:
            yield "train-empty", "no image to train with: data.yaml has no train, and Ultralytics refuses it"
        elif folders["train"] == folders["val"]:
            yield (
                "val-is-train",
                "no image to validate with: val is train's in data.yaml; divide the dataset, e.g. train=0.8,val=0.2",
            )
        names = context.splits.names if context.splits else ()
        named = _keys(context, images)
        if taken := [f"{name} is {key}" for key, name in named.items() if key != name]:
            yield "set-unnamed", f"data.yaml names train, val and test alone, as Ultralytics does: {', '.join(taken)}"
        others = [name for name in names if name not in named.values() and images.get(name)]
        if others:
            yield (
                "set-unnamed",
                f"data.yaml names train, val and test alone, as Ultralytics does; not in it: {', '.join(others)}",
            )


def _keys(context: Context, images: Mapping[str, int]) -> dict[str, str]:
    """Key of ``data.yaml`` -> split with images."""
    names = [name for name in context.splits.names if images.get(name)] if context.splits else []
    if context.splits and any(name in KEYS for name in context.splits.names):
        return {key: key for key in KEYS if key in names}
    return dict(zip(KEYS, names, strict=False))


def _folders(context: Context, images: Mapping[str, int]) -> dict[str, str]:
    """Key of ``data.yaml`` -> folder of images."""
    if context.splits is None:
        return {"train": "images", "val": "images"}
    folders = {key: f"images/{name}" for key, name in _keys(context, images).items()}
    if "train" not in folders:
        return folders
    return {"train": folders["train"], "val": folders["train"], **folders}
