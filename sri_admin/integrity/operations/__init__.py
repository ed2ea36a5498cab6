"""What is done with standards and assessments."""
