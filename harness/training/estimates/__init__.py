"""What a training will take before it starts: parameters, memory, time; and what to do where memory ran out."""
