"""One training step: forward and backward pass, optimizers, precision, memory, devices."""
