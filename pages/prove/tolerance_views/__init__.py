"""The parts of the page Noise tolerance: each computes and shows one view."""
