"""Label noise: transition matrices and labels drawn from them."""
