"""What is proved, refuted or found about a loss."""
