"""The sync engine: signed, hash-chained streams, one writer each, by network or by bundle; it knows no part."""
