"""The laboratory of ``make trainers``: what the programs that train on our labels see in them, against the truth.

Nothing here is imported by what is shipped or by ``make test``: the programs are some GB, and some are under AGPL.
"""
