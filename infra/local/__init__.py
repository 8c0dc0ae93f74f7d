"""The local cloud: the synthesized template and the real handlers on one machine, without AWS and without docker.

* ``cloud.LocalCloud`` starts, deploys and stops it; ``up`` is its command line.
* ``emulator`` is the process that holds the services (ministack) on loopback.
* ``http_api`` serves the deployed HTTP API, ``profile`` makes its tokens and lets the command line find it.
* ``pool``, ``environment``, ``runtime_api`` run every Python Lambda in processes of AWS' own runtime client.
* ``synth``, ``assets``, ``deploy`` bring the template into it, unchanged.
* ``faults`` lets a test break calls, kill functions and shuffle events.
"""
