"""What is read about standards and assessments."""
