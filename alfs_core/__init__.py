"""The mathematics and the trainer of ALF Lab, usable without its pages."""

__version__ = "0.1.0"
