"""The first page: what needs somebody today, with the reason and the next step, and the circle of the countries.

Owns no table and changes nothing: it asks the parts below and puts their answers in order. Promises: at most ten things
at a time, the gravest first, each with one next step; every seat of the circle stands for one country, by name.
"""
