"""How much memory a process holds and held at most, as the kernel counts it; absent where there is no /proc."""

from pathlib import Path

_KIB_PER_MB = 1024


def resident(pid: int) -> float | None:
    """Return the megabytes a process holds now."""
    return _read(pid, "VmRSS:")


def peak(pid: int) -> float | None:
    """Return the megabytes a process held at most since `forget_peak`."""
    return _read(pid, "VmHWM:")


def forget_peak(pid: int) -> None:
    """Let the peak begin anew from what the process holds now."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return


def _read(pid: int, name: str) -> float | None:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    found = next((line.split()[1] for line in lines if line.startswith(name)), None)
    return int(found) / _KIB_PER_MB if found else None
