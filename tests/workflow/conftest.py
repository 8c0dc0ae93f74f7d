"""The emulator and one test's resources in it."""

from cloud_fixtures import cloud, emulator, region

__all__ = ["cloud", "emulator", "region"]
