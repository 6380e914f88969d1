"""What is meant by the selection."""
