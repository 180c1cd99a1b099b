"""The account of a file's rows: how many were kept, how many were set aside, and why."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RowAccounting"]


@dataclass(frozen=True, eq=False)
class RowAccounting:
    """Where every row went: rows read = kept + set aside + superseded.

    Attributes
    ----------
    rows_read, kept : int
        Records after the header, and those that became incidents.
    set_aside : dict of str to int
        Reason to number of rows, in the order the reasons are tried.
    flags : dict of str to int
        Flag to number of kept rows that carry it; a row may carry several.
    superseded : int
        Rows in whose place another version of the same incident is kept.
    reported_later : int
        Of the kept rows, those reported after the `as_of` they were read with: no fault, and not counted.

    Examples
    --------
    >>> print(RowAccounting(5, 4, {"impossible date": 1}, {"coarse date": 2}))
    rows read 5 = kept 4 + set aside 1
      set aside, impossible date: 1
      kept with a flag, coarse date: 2
    """

    rows_read: int
    kept: int
    set_aside: dict[str, int]
    flags: dict[str, int]
    superseded: int = 0
    reported_later: int = 0

    def __post_init__(self) -> None:
        if self.rows_read != self.kept + sum(self.set_aside.values()) + self.superseded:
            raise ValueError(
                f"{self.rows_read} rows read are not {self.kept} kept + {self.set_aside} set aside "
                f"+ {self.superseded} superseded"
            )

    def __str__(self) -> str:
        total = sum(self.set_aside.values())
        lines = [f"rows read {self.rows_read:,} = kept {self.kept:,} + set aside {total:,}"]
        if self.superseded:
            lines[0] += f" + superseded {self.superseded:,}"
        lines += [f"  set aside, {reason}: {n:,}" for reason, n in self.set_aside.items()]
        if self.reported_later:
            lines.append(f"  kept, reported later than as_of: {self.reported_later:,}")
        lines += [f"  kept with a flag, {flag}: {n:,}" for flag, n in self.flags.items()]
        return "\n".join(lines)
