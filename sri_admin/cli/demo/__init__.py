"""The demonstration: a hub and two country nodes on this machine, with plainly fictional countries.

Everything in it happens as it would in earnest: through the operations, the enrolment, the exchange over HTTP.
"""
