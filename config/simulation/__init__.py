"""Simulated fieldwork of the reference study (docs/simulation.md).

Interviewers, respondents, supervisors, auditors and coders that don't exist work through the services of the pages,
by a clock of their own. Nothing is written past the services.
"""
