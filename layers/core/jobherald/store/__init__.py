"""What is remembered, and in which shape."""
