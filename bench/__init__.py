"""
What C{make bench} measures, and how (C{python -m bench --help} lists the choices).

Contenders (L{bench.contenders}) and measures (L{bench.measures}) are tables;
a wing (L{bench.wings}) says which of them meet, and which goals it has.  In
every round (L{bench.rounds}) each measure is taken of all contenders in turn, and
each contender is a fresh process, so that a machine that is slow for a while
slows all alike.  Ratios are made within a round; the report (L{bench.report})
shows the median over the rounds, and the least and the greatest.

The load comes from this process, over plain blocking sockets and epoll; the
upstream (L{bench.upstream}) is a process of the same kind, and where scripts are run on a host
(L{bench.steering}) it is an SSH server (L{bench.sshd}).  Everything talks over
127.0.0.1, on ports that the system chose.

What hosts of simulators host is in C{bench/systems}: modules as existing ones are written,
and their twins, written for netsim (L{bench.devices}).  L{bench.threaded_host} is whom they
are compared with.
"""
