"""The ground floor: time, ids, errors, settings, languages, database, tenancy, units of work, audit and jobs.

It knows no part, no page and no protocol. Everything above may import it; it imports nothing of the house.
"""
