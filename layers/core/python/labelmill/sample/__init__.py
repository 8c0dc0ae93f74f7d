"""A sample dataset in the ana format, drawn from a seed: a playroom with toys, seen by two cameras.

Equal arguments give equal bytes on every machine: numbers come from Mersenne Twister's ``random()`` alone,
geometry uses only operations that IEEE 754 rounds correctly (no sine, no matrix product), and the PNG
writer is our own. Image ``i`` does not depend on how many images are made.
"""

from labelmill.sample.writer import SampleSummary, write_sample

__all__ = ["SampleSummary", "write_sample"]
