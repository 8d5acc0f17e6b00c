# SPDX-License-Identifier: MIT
"""The processes that measure, see contender.h, and what the machine does meanwhile."""
import os
import re
import subprocess

LEFT_OUT = 77  # exit code of a contender that lacks what it needs
TICKS = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """A contender that should work does not."""


def machine_ticks():
    """Clock ticks that all processors were busy, and that there were."""
    with open("/proc/stat", encoding="ascii") as file:
        ticks = [int(field) for field in file.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)  # without idle, and idle while a disk works


def process_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


class Contender:
    """A long-lived process that waits until it is asked."""

    def __init__(self, name, command, environment=None, small=False, only=None):
        self.name, self.small, self.only = name, small, re.compile(only or "")
        self.command = command + (["--small"] if small else [])
        self.environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", **(environment or {}))
        self.offers, self.about, self.process = {}, {}, None

    def start(self):
        """False, when it lacks what it needs."""
        try:
            self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, encoding="utf-8")
        except FileNotFoundError:
            return False
        while (line := self.read()) != "ready":
            fields = line.split("\t")
            if not line:
                self.ended("before it was ready")
                return False
            if line.startswith("# "):
                self.about[fields[0][2:]] = fields[1]
            elif self.only.search(fields[0]):
                self.offers[fields[0]] = (fields[1], float(fields[2]))
        return True

    def read(self):
        return self.process.stdout.readline().rstrip("\n")

    def ended(self, when):
        """A Failure, unless it told at its start that it lacks something."""
        code = self.process.wait()
        self.process = None
        if code != LEFT_OUT or self.offers:
            raise Failure(f"{self.name} ended {when}, exit code {code}")

    def measure(self, name, seconds):
        """The numbers of the answer, and how much of the machine others used meanwhile, from 0 to 1."""
        own, (busy, total) = process_ticks(self.process.pid), machine_ticks()
        print(name, seconds, file=self.process.stdin, flush=True)
        answer = self.read()
        if not answer:
            self.ended(f"at {name}")
        own, (busy_now, total_now) = process_ticks(self.process.pid) - own, machine_ticks()
        others = max(0, busy_now - busy - own) / max(1, total_now - total)
        return [float(number) for number in answer.split()], others

    def memory(self, name):
        """Largest resident memory in KiB of a new process that computes this three times."""
        output = subprocess.run(self.command + ["--memory", name], env=self.environment, stdout=subprocess.PIPE,
                                encoding="ascii", check=False)
        if output.returncode:
            raise Failure(f"{self.name} failed at the memory of {name}")
        return int(output.stdout)

    def stop(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process = None
