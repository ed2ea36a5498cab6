"""Pure rules of the member file: values in, decisions out."""
