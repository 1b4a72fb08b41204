"""One simulated home on one machine: everything `make run` and `make demo` start.

Responsible for wiring real processes together as a person would. Nothing imports this
package; no process of a real dispenser needs it.
"""
