"""The dataset's other files: ``dataset.yaml``, ``graph.yaml`` and an annotation map to try."""

from __future__ import annotations

from labelmill.sample.records import date_of

MAP_TEXT = """\
# An annotation map for this dataset.
#
# classes: a number and its names, the most general first. The last name is the class, the first its
# supercategory. Numbers may leave gaps, and 0 is a class like any other.
classes:
  0: [toy, Box]
  1: [toy, Ball]
  3: [toy, Ring]
  4: [vehicle, Train]
  7: [figure, Robot]
  20: [barrier, RedBarrier]
  21: [barrier, Barrier]

# properties: a rule about one object of the metadata, and the class it gives. The first rule that is true
# decides; objects for which none is (here: Dumbbell, Pebble, Battery) are left out and counted.
properties:
  obj['type'] == 'Box': 0
  obj['type'] == 'Ball': 1
  obj['type'] == 'Ring': 3
  obj['type'] == 'Train': 4
  obj['type'] == 'Robot': 7
  # A rule may look at any attribute that the channel wrote.
  obj['type'] in ['Cone', 'Fence'] and obj['colour'] == 'red': 20
  obj['type'] in ['Cone', 'Fence']: 21
"""

GRAPH_TEXT = """\
channel: playroom
graph:
  version: 2
  nodes:
    RandomPlacement_1:
      nodeClass: Random Placement
      values:
        Number of Objects: <random>
      links: {}
    Render_3:
      nodeClass: Render
      values: {}
      links:
        Objects of Interest:
          - sourceNode: RandomPlacement_1
            outputPort: Objects of Interest
"""


def dataset_text(images: int, seed: int) -> str:
    """Write ``dataset.yaml``.

    Args:
        images: Images in the dataset.
        seed: Its seed.

    Returns:
        The file's text. The user is an address that can't exist.
    """
    return f"""\
channel: playroom
created: '{date_of(seed, 0)}'
datasetid: 00000000-0000-4000-8000-{seed % 10**12:012}
description: 'Toys in a room, made by labelmill sample: {images} images from seed {seed}'
name: Playroom
seed: {seed}
source: 00000000-0000-4000-8000-000000000000
scenarios: 1
user: someone@example.com
"""
