"""The mathematics and the trainer of ALF Lab, usable without its pages."""
