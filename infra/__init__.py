"""The AWS stack that runs labelmill as a service, and the local cloud that runs the same template on a laptop."""
