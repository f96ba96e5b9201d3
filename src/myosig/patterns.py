"""The six places where a jerk can be born."""

from __future__ import annotations

from typing import Literal, get_args

Pattern = Literal["cortical", "brainstem", "segmental", "propriospinal", "peripheral", "functional"]
PATTERNS: tuple[Pattern, ...] = get_args(Pattern)
