"""How much of the machine other processes used during a measurement: times taken on a busy one are not worth quoting."""

import os
import resource
import time

QUIET_PERCENT = 5.0


def _busy_seconds():
    with open("/proc/stat") as stat:
        user, nice, system, _, _, irq, softirq, steal = [int(n) for n in stat.readline().split()[1:9]]
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _own_seconds():
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class OthersShare:
    """Counts from its construction; children count as this process's own once they have ended."""

    def __init__(self):
        self.start = time.perf_counter(), _busy_seconds(), _own_seconds()

    def percent(self):
        """Share of all cores' time that went to others, 0 to 100."""
        wall, busy, own = (now - then for now, then in
                           zip((time.perf_counter(), _busy_seconds(), _own_seconds()), self.start))
        return max(0.0, 100.0 * (busy - own) / (wall * os.cpu_count()))


def verdict(percents):
    """What to append to a ratio: nothing if the machine was quiet throughout."""
    worst = max(percents)
    return "" if worst <= QUIET_PERCENT else f"  NOT TO BE QUOTED: others used up to {worst:.0f} % of the machine"
