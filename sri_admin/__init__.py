"""The federated administration platform of SMART Recovery International and its member countries."""

__version__ = "0.1.0"
