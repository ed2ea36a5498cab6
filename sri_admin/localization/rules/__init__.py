"""Pure rules of translation: what stands, what is checked, how it is said."""
