"""The programme itself: its four points and the methods that belong to them, as data.

Owns program_point and program_method, which the hub writes and everybody reads. Promises: a code is never used for
another thing; a name is a text in several languages. Publishes CatalogueAdopted.
"""
