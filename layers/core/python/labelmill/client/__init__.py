"""The client of the service: ``labelmill.Client``, its records in ``models``, its profiles in ``config``.

Nothing is imported here, so that ``config`` can be used without the HTTP library.
"""
