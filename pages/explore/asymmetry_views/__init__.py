"""The views of the page Asymmetry ratio: each computes and shows one."""
