"""The emulator and one test's resources in it."""

from cloud_fixtures import bytes_are_datasets, cloud, emulator, region

__all__ = ["bytes_are_datasets", "cloud", "emulator", "region"]
