"""The topology of a nation on one machine, as processes: `python -m deploy.cluster`.

Three nats-servers that write what they acknowledge, three members of a MongoDB replica set, two processes of each
service, and a reverse proxy that tries again. It shows that the parts fit together and what becomes of a command when
one of them ends; one machine that ends takes all of it along.
"""
