"""Arithmetic: one formula runs on floats, arrays, dual numbers, tensors, symbols and balls."""
