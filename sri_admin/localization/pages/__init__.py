"""Pages of translation: the workbench of a country, and what SRI decides."""
