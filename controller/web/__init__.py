"""The page: what a person at the machine sees, and the wishes they may send.

Decides nothing. The dose-critical process never imports this package.
"""
