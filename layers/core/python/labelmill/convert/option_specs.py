"""The options of a conversion: what each is called, what it may be and what it does, in one place.

The library checks by it, the command and the service's schema are made from it. Options that only some formats know
are named by these formats (``FormatSpec.options``).
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class Choice(msgspec.Struct, frozen=True):
    """One of the values of an option.

    Attributes:
        value: The value; of a free choice an example.
        title: For people, a few words.
        text: What it means, one line.
        free: It stands for any text of its kind.
    """

    value: str
    title: str
    text: str
    free: bool = False


class OptionSpec(msgspec.Struct, frozen=True):
    """One option.

    Attributes:
        name: As requests and ``Options`` name it.
        title: For people, a few words.
        text: What it does, one line.
        kind: JSON's kind of the value.
        default: The value when nothing is said.
        choices: The values that it may have; without any, all of its kind.
        needs: Another option, without which it says nothing.
        form: What stands for the value in the command's help.
    """

    name: str
    title: str
    text: str
    kind: Literal["boolean", "integer", "number", "string"] = "string"
    default: Any = ""
    choices: tuple[Choice, ...] = ()
    needs: str = ""
    form: str = "TEXT"


OPTIONS = {
    option.name: option
    for option in (
        OptionSpec(
            "images",
            "Images beside the labels",
            "Put the images beside the labels, where trainers look for them.",
            "boolean",
            False,
        ),
        OptionSpec(
            "split", "Split", "Divide the dataset, for example train=0.8,val=0.1,test=0.1.", form="NAME=SHARE,…"
        ),
        OptionSpec(
            "split_by",
            "Split by",
            "What stays together when the dataset is divided.",
            default="run",
            choices=(
                Choice(
                    "run",
                    "Run",
                    "All frames and sensors of a run go to one split, so that no scene is in both training and "
                    "validation.",
                ),
                Choice("image", "Image", "Nothing: frames of one run, which look alike, go to different splits."),
                Choice(
                    "metadata['environment']['name']",
                    "Expression",
                    "Images with the same value of an expression about their metadata go to one split.",
                    free=True,
                ),
            ),
            needs="split",
            form="run|image|EXPRESSION",
        ),
        OptionSpec(
            "segmentation",
            "Segmentation",
            "How objects' pixels are written.",
            default="polygons",
            choices=(
                Choice("polygons", "Polygons", "Exact outlines, holes included, which every trainer reads."),
                Choice("rle", "RLE", "Compressed run lengths: pycocotools reads them, several trainers refuse them."),
            ),
        ),
        OptionSpec(
            "first_category",
            "Category numbers",
            "Which numbers the classes have in the file.",
            default="map",
            choices=(
                Choice("map", "As in the map", "The map's class numbers."),
                Choice("1", "From 1", "1, 2, 3, … in their order, for tools that take 0 for no class."),
            ),
        ),
        OptionSpec(
            "simplify",
            "Simplify",
            "How far outlines may stray from the objects' pixels; 0 is exact.",
            "number",
            0,
            form="PIXELS",
        ),
        OptionSpec(
            "layout",
            "Layout",
            "How the folders are laid out.",
            choices=(
                Choice("", "Plain", "The labels at the top."),
                Choice("voc2012", "VOC2012", "As the VOC2012 kit, which torchvision opens."),
            ),
        ),
        OptionSpec(
            "image_base",
            "Image base",
            "Goes before image names in manifests, for example s3://bucket/images/.",
            form="PREFIX",
        ),
        OptionSpec("label_base", "Label base", "Goes before label paths in manifests.", form="PREFIX"),
    )
}
"""All options by name, in the order in which they are shown."""
EVERYWHERE = ("images", "split", "split_by")
"""Options that every format knows."""
