"""Judges of the synthesized template that know what AWS refuses and no emulator shows."""
