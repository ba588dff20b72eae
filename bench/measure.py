"""Runs one command to its end and prints its wall seconds, CPU seconds (user+sys) and peak RSS in KiB as JSON.

usage: measure.py STDIN_FILE|- COMMAND...     stdout and stderr of the command go to /dev/null
"""
import json
import os
import sys
import time

source, command = sys.argv[1], sys.argv[2:]
start = time.perf_counter()
pid = os.fork()
if pid == 0:
    null = os.open(os.devnull, os.O_RDWR)
    stdin = null if source == "-" else os.open(source, os.O_RDONLY)
    os.dup2(stdin, 0)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.environ.pop("NODE_EXTRA_CA_CERTS", None)
    os.execvp(command[0], command)
_, status, usage = os.wait4(pid, 0)
print(json.dumps({
    "wall": time.perf_counter() - start,
    "cpu": usage.ru_utime + usage.ru_stime,
    "rss": usage.ru_maxrss,
    "code": os.waitstatus_to_exitcode(status),
}))
