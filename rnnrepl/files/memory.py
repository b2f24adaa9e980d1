"""The main memory of the machine."""

import os
import sys


def installed() -> float:
    """Returns the physical memory in bytes; infinite where the system does not say."""
    if sys.platform != "win32":
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    else:
        from ctypes import byref, c_ulonglong, windll

        kilobytes = c_ulonglong()
        known = windll.kernel32.GetPhysicallyInstalledSystemMemory(byref(kilobytes))
        return kilobytes.value * 1024 if known else float("inf")
