"""One capability of the stack a module: keyword inputs, public outputs. Only ``infra.stack`` puts them together."""
