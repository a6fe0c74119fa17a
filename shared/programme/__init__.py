"""The language of a programme 项目 (`programme/1`): what hosts keep across seasons, and how its files are written.

One contract, read by the services that own the parts. Which rule is applied how lives in the service that applies it; here
stands what both need: the rules, the tree of units, days and terms, what a programme reads of a season, and which small
numbers are hidden.
"""
