"""What there is to do, role by role: the numbers of the home page.

Each module reads one role's desks for several studies at once, in a number of queries that depends neither on the
number of studies nor on the rows in them.
"""
