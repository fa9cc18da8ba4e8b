"""What happens, told without AWS: one module for each function, and the parts they share."""
