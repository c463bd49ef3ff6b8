"""What runs inside a sandbox, in a bare interpreter: standard library only, and as little of it as can be.

It is started by `harness.sandbox.process` as the package ``inside`` and therefore imports itself relatively.
"""
