"""The `harness` command: one module a command; parse, call, print."""
